import { defined } from '../core/defined.ts'
import type { ErrorCode, Place } from '../core/errors.ts'

/** One of several things that are wrong. */
export interface Problem extends Partial<Place> {
  readonly code: string
  readonly detail: string
  readonly field?: string
  readonly value?: unknown
  readonly expected?: string
}

/** What was asked for, as messages name it. */
export interface Asked {
  readonly method: string
  readonly path: string
}

/** The server has answered, and has not done what it was asked for. Its message is fit to be shown as it is. */
export class FoulweatherApiError extends Error {
  override readonly name = 'FoulweatherApiError'
  /** Of HTTP. */
  readonly status: number
  /** Stable; docs/errors.md has them all. `undefined`: the answer was no problem document. */
  readonly code: ErrorCode | undefined
  /** What the server says is wrong; empty = nothing. */
  readonly detail: string
  /** The field at fault, as a path (`faults[2].latency`). */
  readonly field: string | undefined
  readonly value: unknown
  /** What would be right. */
  readonly expected: string | undefined
  /** Where it stands in a document. */
  readonly place: Place | undefined
  /** Everything that is wrong, where it is more than one thing. */
  readonly problems: readonly Problem[]
  readonly method: string
  readonly path: string

  /** @param body of the answer: a problem document (RFC 9457), Toxiproxy's error object, or any text. */
  constructor(asked: Asked, status: number, body: string) {
    const fields = fieldsOf(parsed(body))
    const problems = Array.isArray(fields['problems']) ? fields['problems'].flatMap(problemOf) : []
    const code = textOf(fields['code'])
    const detail = textOf(fields['detail']) ?? textOf(fields['error']) ?? textOf(fields['title']) ?? oneLine(body)
    super(
      `${asked.method} ${asked.path}: HTTP ${status}${code === undefined ? '' : ` ${code}`}: ${detail || 'without a word'}${listOf(problems)}`,
    )
    this.status = status
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a newer server may have codes that this version does not know; comparing is all that can be done with one.
    this.code = code as ErrorCode | undefined
    this.detail = detail
    this.field = textOf(fields['field'])
    this.value = fields['value']
    this.expected = textOf(fields['expected'])
    this.place = placeOf(fields)
    this.problems = problems
    this.method = asked.method
    this.path = asked.path
  }
}

type Fields = Readonly<Record<string, unknown>>

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** As much of a text as a line shows. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(0, 500)
}

function placeOf({ file, line, column }: Fields): Place | undefined {
  if (typeof line !== 'number' || typeof column !== 'number') return undefined
  return typeof file === 'string' ? { file, line, column } : { line, column }
}

function problemOf(value: unknown): readonly Problem[] {
  const fields = fieldsOf(value)
  const [code, detail] = [textOf(fields['code']), textOf(fields['detail'])]
  if (code === undefined || detail === undefined) return []
  const others = { field: textOf(fields['field']), value: fields['value'], expected: textOf(fields['expected']) }
  return [{ code, detail, ...defined(others), ...placeOf(fields) }]
}

/** A message is read on a terminal: the first few are enough there, `problems` has all. */
const MOST_SHOWN = 10

function listOf(problems: readonly Problem[]): string {
  if (problems.length < 2) return ''
  const lines = problems.slice(0, MOST_SHOWN).map(({ detail }) => `\n- ${detail}`)
  const more = problems.length - lines.length
  return `${lines.join('')}${more > 0 ? `\n- … and ${more} more` : ''}`
}
