/** What an object holds that somebody has written, nothing of it checked yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether it is an object with names for what it holds: no list, and not `null`. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
