import { z } from 'zod'
import { defineFault } from './define.ts'
import { DroppedChunks, EmulatedLoss, lossyHandshake } from './loss-stage.ts'
import {
  atLeastShortest,
  burst,
  gilbert,
  lossFigures,
  lossWarnings,
  mode,
  percent,
  rtt,
  VALID,
} from './models/loss-params.ts'
import { duration } from './params.ts'

const WAYS = ['percent', 'gilbert', 'burst'] as const
const ONE_WAY = 'exactly one of percent, gilbert and burst'

const params = z
  .object({
    percent: percent().optional().describe('Share of packets lost in each direction, each by itself.'),
    gilbert: gilbert()
      .optional()
      .describe('Instead: losses in bursts, a chain of Gilbert; p/(p+r) of packets are lost.'),
    burst: burst().optional().describe('Instead: losses in bursts, by their length and how far they are apart.'),
    rtt: rtt(),
    rto_min: duration().prefault(200).describe('Least time-out of the senders. Linux: 200 ms.'),
    congestion: z
      .enum(['loss-based', 'bbr'])
      .default('loss-based')
      .describe('loss-based: reno and cubic slow down with loss. bbr: hardly; the pace is not limited.'),
    syn_backoff: z
      .enum(['linear', 'exponential'])
      .default('linear')
      .describe(
        'Between attempts to connect. linear: 1 s for the first ones (Linux from 6.5). exponential: 1, 2, 4 … s.',
      ),
    mode: mode(),
  })
  .superRefine((given, context) => {
    const ways = WAYS.filter((way) => given[way] !== undefined)
    if (ways.length === 1) return
    const message = ways.length === 0 ? `expected ${ONE_WAY}` : `expected ${ONE_WAY}, without ${ways[0]} beside it`
    context.addIssue({ code: 'custom', path: [ways[1] ?? 'percent'], message })
  })

export const loss = defineFault({
  type: 'loss',
  layer: 'transport',
  effect: 'timing',
  effectWith: (p) => (p.mode === 'drop' ? 'loss' : 'timing'),
  directions: ['both', 'downstream', 'upstream'],
  summary:
    'Makes the connection as slow as TCP is when packets are lost: rare long stalls, a lower pace, late connects.',
  details: `A proxy has no packets to lose: both kernels have already repaired the stream. What an application sees of loss is time, and that is what this
emulates. No byte is missing.

- **Messages.** A message that finds the line empty loses each of its packets (1448 bytes) with the given chance. Among the last three a lost one is noticed
  by a time-out only: the rest of the message is late by RTO = SRTT + max(\`rto_min\`, 4·RTTVAR), about 220 ms at 20 ms. A retransmission that is lost
  too costs another RTO, then twice that, four times …, 120 s each at most; after 15 it arrives (there Linux would give the connection up). A
  packet lost further ahead is repaired within one \`rtt\`. SRTT and RTTVAR belong to the connection and grow after a lost answer, so that it stalls
  longer for a while.
- **What is a message?** Bytes that come after all earlier ones were delivered, when the other side has spoken since or an \`rtt\` has passed. Where the
  fault works in one direction only it cannot know the first, and every chunk that finds the line empty is one. What comes closer is more of the same: a lost packet costs one
  \`rtt\`. What waits behind a stall waits with it (head-of-line blocking) and has no time-out of its own.
- **Large and streaming data** are paced at √(Mathis · PFTK) bytes per second, the usual formulas for TCP's throughput with loss (Mathis et al. 1997;
  Padhye et al. 1998 as in RFC 5348), but never below a packet per RTO; ten packets, or what one \`rtt\` carries if that is more, may go ahead of it. It
  accounts for all losses but those at the end of the first chunk of a transfer. With \`congestion: bbr\` there is no pace.
- **Connecting** fails with 1 − (1−p)² per attempt (with one direction alone: p) and is tried again after 1 s. Only the connection to the upstream
  can be late: the client's own handshake is with the proxy, so it connects at once and waits for its first byte. The time counts against the dial
  timeout, as that of a real lossy path would; after 11 failed attempts (\`exponential\`: 7) it would come about.
- **Bursts** count in packets while data flows and in time on a quiet line, ten packets per \`rtt\`. The pace goes by how often bursts begin.

Updating gives what is held the new pace; a stall under way goes on, unless nothing is lost any more. Removing delivers what is held at once. The end of the stream follows the last byte. Stalls are on
record as \`retransmission\` with \`ms\`, \`losses\` and \`by\` (\`timeout\`, \`fast\`), late connects as \`delay\`. The \`rtt\` is not added: give the path its delay with \`latency\` or use \`link\`.

How good it is, simulated against real packets dropped on a link between two Linux kernels, mean times of an exchange in ms (request 100 B):

| response | RTT | 1 % | 2 % | 5 % |
|---|---|---|---|---|
| 1000 B | 2 ms | 6.0 (real: 6.6) | 10.4 (11.6) | 24.5 (25.6) |
| | 20 ms | 24.4 (25.1) | 29.2 (31.2) | 44.6 (47.9) |
| | 50 ms | 55.0 (56.6) | 60.4 (62.3) | 77.9 (80.6) |
| 64 KB | 2 ms | 21.6 (17.7) | 42.1 (33.5) | 117 (114) |
| | 20 ms | 91.7 (76.5) | 147 (130) | 313 (280) |
| | 50 ms | 206 (171) | 312 (277) | 588 (585) |

The median of small exchanges does not move, here as there. Below 1 % at long round trips cubic is up to twice as fast as the pace. Above 5 % the longest stalls are too short: at 10 % the worst of 1000 by half. Not compared with
reality: round trips above 50 ms, bursts, \`rto_min\` other than 200 ms, senders other than Linux, \`bbr\`'s small messages.

\`mode: drop\` takes whole chunks (whatever was read at once) out of the stream instead, which no real TCP does; it shows how a protocol behaves when
bytes are missing, nothing about networks.`,
  example: { percent: '1%', rtt: '20ms' },
  params,
  emulation: { model: 'RFC 6298 time-outs with Linux’s floor; √(Mathis · PFTK) for large transfers', valid: VALID },
  warnings: (p) => {
    const warnings = lossWarnings(lossFigures(p), p)
    if (p.mode === 'emulate' && p.percent === undefined) {
      warnings.push('losses in bursts were not compared with reality, only independent ones')
    }
    return warnings
  },
  stage: (p, context, previous) => {
    const figures = lossFigures(p)
    if (p.mode === 'drop') return new DroppedChunks(figures, context)
    const path = { loss: figures, rtt: atLeastShortest(p.rtt), rtoMin: p.rto_min, paced: p.congestion === 'loss-based' }
    return new EmulatedLoss(path, context, previous)
  },
  connect: (p, context) => {
    const dial = p.mode === 'drop' ? 0 : lossyHandshake(lossFigures(p), p.syn_backoff, context)
    return dial > 0 ? { dial } : undefined
  },
})
