import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { Random } from '../core/random.ts'

/** One status, several that are drawn alike, or weights by status. */
export type StatusChoice = number | readonly number[] | Readonly<Record<string, number>>

export const LEAST_STATUS = 200
export const LARGEST_STATUS = 599

const ONE = `a status of ${LEAST_STATUS} to ${LARGEST_STATUS} (1xx do not end an exchange, and above ${LARGEST_STATUS} there are none)`
const CHOICE = `${ONE}, a list of them, or an object of weights such as {"503": 3, "500": 1}`
const WEIGHT = 'a weight above 0, and at most 1000000'
const MOST = 100

const one = z
  .int({ error: `expected ${ONE}` })
  .min(LEAST_STATUS, { error: `expected ${ONE}` })
  .max(LARGEST_STATUS, { error: `expected ${ONE}` })

const weight = z
  .number({ error: `expected ${WEIGHT}` })
  .positive({ error: `expected ${WEIGHT}` })
  .max(1e6, { error: `expected ${WEIGHT}` })

const list = z
  .array(one, { error: `expected ${CHOICE}` })
  .min(1, { error: `expected ${CHOICE}` })
  .max(MOST, { error: `expected at most ${MOST} of them` })
  .transform((all): number | number[] => (all.length === 1 ? (all[0] ?? 0) : all))

const weights = z
  .record(z.string().regex(/^[2-5]\d\d$/, { error: `expected ${ONE}` }), weight)
  .refine((given) => Object.keys(given).length > 0, { error: `expected ${CHOICE}` })

/** Which status an answer has; a list of one is that one. */
export const statusChoice = () =>
  z.union([one, list, weights], { error: `expected ${CHOICE}` }).meta({ accepts: CHOICE })

/** Draws one number, or none where there is nothing to choose. */
export function drawStatus(choice: StatusChoice, random: Random): number {
  if (typeof choice === 'number') return choice
  if (isList(choice)) return choice[Math.floor(random.next() * choice.length)] ?? LEAST_STATUS
  const entries = Object.entries(choice)
  const sum = entries.reduce((all, [, weight]) => all + weight, 0)
  let left = random.next() * sum
  for (const [status, weight] of entries) {
    left -= weight
    if (left < 0) return Number(status)
  }
  return Number(entries.at(-1)?.[0])
}

/** All that may be drawn. */
export function statusesOf(choice: StatusChoice): readonly number[] {
  if (typeof choice === 'number') return [choice]
  return isList(choice) ? choice : Object.keys(choice).map(Number)
}

function isList(choice: Exclude<StatusChoice, number>): choice is readonly number[] {
  return Array.isArray(choice)
}

/** RFC 9110: responses with these have no content (sections 15.3.5, 15.3.6, 15.4.5). */
export function hasNoContent(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/** What many servers say where they have nothing better: the name of the status in a line. */
export function bodyFor(status: number): Buffer {
  return Buffer.from(`${STATUS_CODES[status] ?? String(status)}\n`)
}
