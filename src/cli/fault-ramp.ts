import { InvalidArgumentError } from 'commander'
import type { FaultDescription } from '../faults/index.ts'
import { nearest } from '../faults/nearest.ts'
import { shapeOf, textIn } from './field-shape.ts'
import { numberOrText } from './field-text.ts'

type Ramps = Readonly<
  Record<string, { readonly from: number | string; readonly to: number | string; readonly over: number | string }>
>

// The last slash: rates have one, too.
const RAMP = /^\s*([\w.-]+?)\s*=\s*(.+?)\s*\.\.\s*(.+)\/([^/]+)$/

/** What of a fault can change evenly: its numbers with a unit, and the probability where it has one. */
export function rampableOf({ schema, directions }: FaultDescription): readonly string[] {
  const numbers = Object.entries(shapeOf(schema).fields).filter(([, field]) => textIn(field, 'unit') !== undefined)
  return [...numbers.map(([name]) => name), ...(directions.length === 0 ? [] : ['probability'])]
}

/** Reads one `--ramp PARAMETER=FROM..TO/DURATION` of a fault in which these can change. */
export function rampReader(rampable: readonly string[]): (text: string) => Ramps {
  return (text) => {
    const [, typed = '', from = '', to = '', over = ''] = RAMP.exec(text) ?? []
    if (typed === '')
      throw new InvalidArgumentError('expected PARAMETER=FROM..TO/DURATION, for example latency=0ms..500ms/5m.')
    const name = typed.replaceAll('-', '_')
    if (!rampable.includes(name)) throw notRampable(name, rampable)
    return {
      [name]: { from: numberOrText(from), to: numberOrText(to.trim()), over: numberOrText(over.trim()) },
    }
  }
}

function notRampable(name: string, rampable: readonly string[]): InvalidArgumentError {
  const guess = nearest(name, rampable)
  const hint = guess === undefined ? '' : `did you mean ${guess}? `
  return new InvalidArgumentError(`there is no number ${name}; ${hint}expected one of ${rampable.join(', ')}.`)
}
