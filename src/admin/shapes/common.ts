import { z } from 'zod'

/** Kinds of fields that several answers have. */

export const count = (what: string) => z.int().nonnegative().describe(what)
export const milliseconds = (what: string) => z.number().nonnegative().describe(`${what}, milliseconds.`)
export const instant = (what: string) => z.iso.datetime().describe(`${what}, ISO 8601.`)
export const revision = z
  .int()
  .nonnegative()
  .describe('Larger after every change of it, counters left out; its `ETag`.')
export const owner = z
  .string()
  .describe('Who put it there: `api`, or `profile:<name>` while it is there because a profile says so.')
export const direction = z.enum(['upstream', 'downstream'])

/** What something is in each of both directions. */
export const byDirection = <Kind extends z.ZodType>(kind: Kind) => z.object({ upstream: kind, downstream: kind })

/** One of these words; the type sees to it that none is forgotten. @param meanings by word. */
export function oneOfWords<Word extends string>(meanings: Readonly<Record<Word, string>>) {
  const entries = Object.entries<string>(meanings)
  const told = entries.filter(([, meaning]) => meaning !== '').map(([word, meaning]) => `\`${word}\`: ${meaning}`)
  const kind = z.enum(Object.keys(meanings))
  return told.length === 0 ? kind : kind.describe(`${told.join('; ')}.`)
}

/** Who caused an ending or an answer. */
export const origin = oneOfWords<'injected' | 'client' | 'upstream' | 'proxy'>({
  injected: 'a fault',
  client: '',
  upstream: '',
  proxy: 'Foulweather itself, by accident or by order',
})

/** The query of lists whose newest entries can be followed. */
export const FORMAT = {
  name: 'format',
  description: '`json`: one document; `ndjson`: one entry for each line, no line where there is none.',
  schema: z.enum(['json', 'ndjson']).default('json'),
} as const

export const LIMIT = {
  name: 'limit',
  description: 'How many at most: the newest of them. Default: 1000; with `ndjson` all.',
  schema: z.int().min(1).max(9999),
} as const

export const text = (name: string, description: string) => ({ name, description, schema: z.string() })
