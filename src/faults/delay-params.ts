import { z } from 'zod'
import { DISTRIBUTIONS, type Quantile, quantileOf } from './models/distribution.ts'
import { latencyTable, tableQuantile } from './models/percentile-table.ts'
import { WAVE_SHAPES } from './models/wave.ts'
import { duration, probability } from './params.ts'

function aboveZero() {
  const kind = duration()
  return kind.refine((ms) => ms > 0, { error: 'expected a duration above 0, such as "30ms"' }).meta(kind.meta() ?? {})
}

const WAVE_ERROR = 'expected an object with shape, amplitude and period'

const wave = z.strictObject(
  {
    shape: z
      .enum(WAVE_SHAPES, { error: `expected one of ${WAVE_SHAPES.join(', ')}` })
      .describe('How it goes up and down.'),
    amplitude: aboveZero().describe('How far it goes, both ways.'),
    period: aboveZero().describe('After how long it begins again.'),
  },
  { error: WAVE_ERROR },
)

const DISTRIBUTION_WORDS = [...DISTRIBUTIONS, 'table'] as const

/** The parameters of a delay that is drawn: those of `latency`, and of what delays messages in the same ways. */
export const delayFields = {
  latency: duration().prefault(0).describe('Delay of every chunk, counted from its arrival.'),
  jitter: duration()
    .prefault(0)
    .describe('How far the delay of each chunk varies; with the uniform distribution by up to this much both ways.'),
  distribution: z
    .enum(DISTRIBUTION_WORDS, { error: `expected one of ${DISTRIBUTION_WORDS.join(', ')}` })
    .optional()
    .describe('How delays are spread. Default: uniform, or table if there is one.'),
  table: latencyTable()
    .optional()
    .describe('Delays by percentile (p0 to p100), or a histogram as CSV with the header `upper_bound,count`.'),
  correlation: probability()
    .optional()
    .describe('How much each draw leans on the one before it: 0 (the default) not at all, 1 = it is the same.'),
  wave: wave.optional().describe('A periodic change that is added to the delay.'),
}

export type DelayParams = z.output<z.ZodObject<typeof delayFields>>

/** What zod calls with the parameters of a delay to refuse those that contradict each other. */
export function refuseContradictions(
  { latency, jitter, distribution, table }: DelayParams,
  context: z.core.$RefinementCtx,
): void {
  const refuse = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', message: `expected ${message}`, path: [field] })
  }
  if (distribution === 'table' && table === undefined) refuse('table', 'a table, because the distribution is table')
  if (table !== undefined && (distribution ?? 'table') !== 'table') {
    refuse('distribution', 'table, or none, because there is a table')
  }
  if (table !== undefined && jitter > 0) refuse('jitter', '0, because a table has its spread already')
  if (distribution === 'lognormal' && jitter > 0 && latency === 0) {
    refuse('latency', 'a duration above 0, because it is the mean of the lognormal distribution')
  }
}

/** What does nothing in these parameters, for `warnings`. */
export function idleFields({ latency, jitter, table, wave, distribution, correlation = 0 }: DelayParams): string[] {
  if (jitter > 0 || table !== undefined) return []
  return [
    ...(latency > 0 || wave !== undefined ? [] : ['it delays nothing: latency is 0']),
    ...(distribution === undefined ? [] : ['distribution does nothing without jitter']),
    ...(correlation > 0
      ? ['correlation does nothing where no delay is drawn: there is neither jitter nor a table']
      : []),
  ]
}

/** Reading a long table for each session would cost more than all else that a session does. */
const quantiles = new WeakMap<DelayParams, Quantile>()

/** Where a delay is drawn from; `undefined` = it is not drawn. */
export function quantileFor(p: DelayParams): Quantile | undefined {
  if (p.jitter === 0 && p.table === undefined) return undefined
  const known = quantiles.get(p)
  if (known !== undefined) return known
  const made = p.table === undefined ? quantileWithoutTable(p) : shifted(tableQuantile(p.table), p.latency)
  quantiles.set(p, made)
  return made
}

function quantileWithoutTable({ distribution, latency, jitter }: DelayParams): Quantile {
  return quantileOf(distribution === undefined || distribution === 'table' ? 'uniform' : distribution, latency, jitter)
}

function shifted(quantile: Quantile, by: number): Quantile {
  return by === 0 ? quantile : (u) => by + quantile(u)
}
