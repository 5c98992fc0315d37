import { InvalidArgumentError } from 'commander'
import { nearest } from '../faults/nearest.ts'
import { numberOrText } from './field-text.ts'

type Ramps = Readonly<
  Record<string, { readonly from: number | string; readonly to: number | string; readonly over: number | string }>
>

// The last slash: rates have one, too.
const RAMP = /^\s*([\w.-]+?)\s*=\s*(.+?)\s*\.\.\s*(.+)\/([^/]+)$/

/** Reads one `--ramp PARAMETER=FROM..TO/DURATION` of a fault with these parameters. */
export function rampReader(parameters: readonly string[]): (text: string) => Ramps {
  return (text) => {
    const [, typed = '', from = '', to = '', over = ''] = RAMP.exec(text) ?? []
    if (typed === '')
      throw new InvalidArgumentError('expected PARAMETER=FROM..TO/DURATION, for example latency=0ms..500ms/5m.')
    const name = typed.replaceAll('-', '_')
    if (name !== 'probability' && !parameters.includes(name)) throw unknownParameter(name, parameters)
    return {
      [name]: { from: numberOrText(from), to: numberOrText(to.trim()), over: numberOrText(over.trim()) },
    }
  }
}

function unknownParameter(name: string, parameters: readonly string[]): InvalidArgumentError {
  const names = [...parameters, 'probability']
  const guess = nearest(name, names)
  const hint = guess === undefined ? '' : `did you mean ${guess}? `
  return new InvalidArgumentError(`there is no parameter ${name}; ${hint}expected one of ${names.join(', ')}.`)
}
