import { z } from 'zod'
import type { SessionState } from '../../engine/data-plane.ts'
import { byDirection, count, instant, milliseconds, oneOfWords, origin } from './common.ts'

const state = oneOfWords<SessionState>({
  handshake: 'what comes before it is being read',
  waiting: 'a fault has not let it in yet',
  dialing: 'the upstream is being connected to',
  open: 'bytes pass',
  half_open: 'a fault has taken one peer away without telling the other',
  closing: 'it is ending',
  ended: 'it is over',
})

export const sessionShape = z
  .object({
    id: z.string(),
    proxy: z.string(),
    ordinal: count('Counts the sessions of its proxy, from 1.'),
    state,
    client: z.string().describe('`ip:port`, `[v6]:port` or `unix`.'),
    upstream: z.string(),
    upstreamAddress: z.string().nullable().describe('The address that was connected to; `null` before.'),
    servername: z
      .string()
      .optional()
      .describe('The name that the client asked for in its TLS handshake, where it was looked at.'),
    started: instant('When it was accepted'),
    ageMs: milliseconds('Since then'),
    bytes: byDirection(z.object({ received: z.int().nonnegative(), sent: z.int().nonnegative() })),
    held: byDirection(z.int().nonnegative()).describe('Bytes that wait in Foulweather.'),
    stages: byDirection(z.array(z.string())).describe('The names of the faults at work on it, in order.'),
    touchedBy: z
      .array(z.string())
      .describe(
        'The names of the faults that have worked on it or on one of its exchanges at any time, in the order in which they began; the last 32.',
      ),
    ending: z
      .object({ origin, reason: z.string(), at: instant('When') })
      .nullable()
      .describe('`null` while it lives.'),
  })
  .meta({ id: 'Session', description: 'One client connection and its upstream connection.' })

export const sessionsShape = z
  .object({
    total: count('How many there are; `sessions` has up to `limit` of them.'),
    sessions: z.array(sessionShape),
  })
  .meta({ id: 'Sessions' })
