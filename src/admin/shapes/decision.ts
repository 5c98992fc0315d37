import { z } from 'zod'
import { SKIP_REASONS, type Decision } from '../../core/decision.ts'
import { count, direction, instant, oneOfWords } from './common.ts'

const kind = oneOfWords<Decision['kind']>({
  session: 'whether a fault works on a session',
  chunk: 'the same for one chunk of bytes',
  exchange: 'the same for one exchange of HTTP',
  injection: 'something that a fault did',
  limit: 'a limit that a fault has met',
})

const decisionShape = z
  .object({
    seq: count('Counts all decisions of the process, from 1.'),
    time: instant('When'),
    seed: z.int().describe('That of the run.'),
    proxy: z.string(),
    fault: z.string(),
    type: z.string(),
    kind,
    session: z.string().optional().describe('Its id; absent where the fault acts on the whole proxy.'),
    ordinal: count('Of the session within its proxy, from 1.').optional(),
    direction: direction.optional(),
    chunk: count('Of the chunk within its direction, from 1.').optional(),
    exchange: count('Of the exchange within its session, from 1.').optional(),
    selected: z.boolean().optional(),
    reason: z.enum(SKIP_REASONS).optional().describe('Why it is not selected.'),
    shadow: z.literal(true).optional().describe('The fault only counts: nothing was done.'),
    what: z.string().optional().describe('What the fault did, or the limit that it has met.'),
    detail: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
  })
  .meta({ id: 'Decision', description: 'One thing that was decided about a session or an exchange, or done to it.' })

export const decisionsShape = z
  .object({ total: count('How many there are that match.'), decisions: z.array(decisionShape) })
  .meta({ id: 'Decisions' })
