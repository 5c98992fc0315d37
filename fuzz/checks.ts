import { isDeepStrictEqual } from 'node:util'
import { ERRORS, FoulweatherError } from '../src/core/errors.ts'

/** What a parser makes of an input: a value, or the error that it is documented to throw. */
export type Outcome<T> = { readonly value: T } | { readonly refused: Error }

type ErrorClass = new (...args: never[]) => Error

/** Runs a parser. @throws whatever is none of the errors that it may throw: that is a finding. */
export function outcomeOf<T>(read: () => T, ...documented: readonly ErrorClass[]): Outcome<T> {
  try {
    return { value: read() }
  } catch (error) {
    const isDocumented = [FoulweatherError, ...documented].some((each) => error instanceof each)
    if (!(error instanceof Error && isDocumented)) throw error
    return { refused: error }
  }
}

/** The same of a parser that is asked twice. */
export function sameTwice<T>(what: string, read: () => T, ...documented: readonly ErrorClass[]): Outcome<T> {
  const first = outcomeOf(read, ...documented)
  const second = outcomeOf(read, ...documented)
  same(`${what}, read twice`, comparable(first), comparable(second))
  return first
}

function comparable(outcome: Outcome<unknown>): unknown {
  return 'refused' in outcome ? { name: outcome.refused.name, message: outcome.refused.message } : outcome.value
}

export class Broken extends Error {
  override readonly name = 'Broken'
}

export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what)
}

export function same(what: string, one: unknown, other: unknown): void {
  if (isDeepStrictEqual(one, other)) return
  throw new Broken(`${what}: ${brief(one)} is not ${brief(other)}`)
}

export function brief(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value, withBigints) ?? String(value))
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

const LONGEST_MESSAGE = 3000

/** A refusal says in one piece of well-formed text what is wrong, and names the field or the place. */
export function checkRefusal(error: Error, { named = true }: { readonly named?: boolean } = {}): void {
  const { message } = error
  hold(
    message !== '' && message.length <= LONGEST_MESSAGE,
    `an error with ${message.length} characters: ${brief(message)}`,
  )
  hold(message.isWellFormed(), `an error with half a surrogate pair: ${brief(message)}`)
  if (!(error instanceof FoulweatherError)) return
  hold(Object.hasOwn(ERRORS, error.code), `an error with the code ${error.code}`)
  hold(error.status < 500, `a mistake of the input answers ${error.status}: ${brief(message)}`)
  hold(
    !named || error.field !== undefined || error.place !== undefined,
    `an error without a field or a place: ${brief(message)}`,
  )
}
