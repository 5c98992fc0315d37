/** What an event, or an entry of the audit in memory, may have at most, bytes. */
export const LONGEST_JSON = 16 * 1024

/** Characters of one text, where a whole is too long. */
const LONGEST_TEXT = 1000

/** A JSON object on one line, in full and as much of it as is kept. */
export interface Bounded {
  readonly full: string
  /** At most `LONGEST_JSON` bytes: of one that is longer what is simple, and `"truncated":true`. */
  readonly kept: string
}

/** Texts, numbers and the like are who, what and why; what is larger is what it was like before and after. */
export function boundedJson(fields: object): Bounded {
  const full = JSON.stringify(fields)
  if (Buffer.byteLength(full) <= LONGEST_JSON) return { full, kept: full }
  const simple = Object.entries(fields).filter(([, value]) => typeof value !== 'object' || value === null)
  const cut = simple.map(([name, value]: [string, unknown]) => [name, cutText(value)])
  return { full, kept: JSON.stringify({ ...Object.fromEntries(cut), truncated: true }) }
}

function cutText(value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value
}
