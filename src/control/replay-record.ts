import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'

/** What a replay needs of a decision; whatever else a line says is left alone. */
const recorded = z.looseObject({
  kind: z.enum(['session', 'chunk', 'exchange', 'injection', 'limit'], {
    error: 'expected session, chunk, exchange, injection or limit',
  }),
  seed: z.int({ error: 'expected a whole number' }),
  proxy: z.string({ error: 'expected a name' }),
  fault: z.string({ error: 'expected a name' }),
  ordinal: z.int({ error: 'expected a whole number' }).optional(),
  direction: z.enum(['upstream', 'downstream'], { error: 'expected upstream or downstream' }).optional(),
  chunk: z.int({ error: 'expected a whole number' }).optional(),
  exchange: z.int({ error: 'expected a whole number' }).optional(),
  selected: z.boolean({ error: 'expected true or false' }).optional(),
})

export type RecordedDecision = z.output<typeof recorded>

/**
 * Reads the record of a run: what `GET /v1/decisions?format=ndjson` answers, one decision in a line. Empty lines are passed over.
 *
 * @throws FoulweatherError `invalid_value`, which names the line; for a file without any decision too.
 */
export function parseRecord(text: string): readonly RecordedDecision[] {
  const decisions = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index + 1)]))
  if (decisions.length > 0) return decisions
  throw new FoulweatherError(
    'invalid_value',
    'there is no decision in it; "foulweather decisions --ndjson" (GET /v1/decisions?format=ndjson) makes such a file',
    {
      expected: 'one decision in a line',
    },
  )
}

function parseLine(line: string, number: number): RecordedDecision {
  const { data, error } = recorded.safeParse(parseJson(line, number))
  if (error === undefined) return data
  const { path = [], message = '' } = error.issues[0] ?? {}
  const field = path.join('.')
  throw invalid(number, field === '' ? 'it is no decision: expected an object' : `${field}: ${message}`)
}

function parseJson(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw invalid(number, 'it is not JSON')
  }
}

function invalid(line: number, what: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `line ${line}: ${what}`, {
    field: `line ${line}`,
    expected: 'a decision as GET /v1/decisions?format=ndjson answers it',
  })
}
