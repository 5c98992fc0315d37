import { z } from 'zod'
import { count, instant, milliseconds, origin } from './common.ts'

const exchangeShape = z
  .object({
    seq: count('Counts all exchanges of the process in the order in which they ended, from 1.'),
    time: instant('When the head of the request came'),
    proxy: z.string(),
    session: z.string().describe('The id of the session.'),
    exchange: count('Of the exchange within its session, from 1.'),
    client: z.string(),
    method: z.string(),
    path: z
      .string()
      .describe(
        'What was asked for; values of its query are shown as `…` unless the server was started with `--show-queries`.',
      ),
    status: z.int().nullable().describe('What the client was answered; `null` = nothing.'),
    upstream_status: z.int().nullable().describe('What the upstream answered; `null` = nothing, or it was not asked.'),
    origin,
    outcome: z.string().describe('`answered`, `cut`, `relayed`, or why the session ended.'),
    faults: z.array(z.string()).describe('The names of those that worked on it, in order.'),
    ms: z.object({
      total: milliseconds('From the head of the request to the end of the exchange'),
      upstream: milliseconds('From sending the request on to the head of its response').nullable(),
    }),
    bytes: z
      .object({ request: z.int().nonnegative(), response: z.int().nonnegative() })
      .describe('On the wire to the client, heads included.'),
  })
  .meta({ id: 'Exchange', description: 'One HTTP request and its response.' })

const logShape = z.object({
  started: instant('When this process began to count'),
  newest: count('The `seq` of the latest exchange; 0 = there was none yet.'),
  dropped: count('Those up to this `seq` cannot be looked at any more.'),
  kept: count('How many of the latest are kept.'),
})

export const exchangesShape = z
  .object({ total: count('How many there are that match.'), log: logShape, exchanges: z.array(exchangeShape) })
  .meta({ id: 'Exchanges' })
