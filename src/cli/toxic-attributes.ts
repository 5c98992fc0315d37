import { InvalidArgumentError } from 'commander'

export type Attributes = Readonly<Record<string, number | string>>

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** Reads one `-a key=value` and adds it to those before it; a number is sent as a number, anything else as a text. */
export function readAttribute(text: string, before: Attributes | undefined): Attributes {
  const equals = text.indexOf('=')
  const key = text.slice(0, equals).trim()
  if (equals < 0 || key === '') throw new InvalidArgumentError('expected KEY=VALUE, for example latency=100.')
  const value = text.slice(equals + 1).trim()
  return { ...before, [key]: JSON_NUMBER.test(value) ? Number(value) : value }
}
