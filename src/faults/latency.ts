import { z } from 'zod'
import type { ConnectContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { delayFields, idleFields, quantileFor, refuseContradictions } from './delay-params.ts'
import { DelayStage } from './delay-stage.ts'

const params = z
  .object({
    ...delayFields,
    handshake: z
      .boolean({ error: 'expected true or false' })
      .optional()
      .describe('Connecting to the upstream takes longer by the delays that its packets would have. Default: false.'),
  })
  .superRefine(refuseContradictions)

type LatencyParams = z.output<typeof params>

/**
 * SYN goes upstream and SYN-ACK downstream: a fault of one direction delays one of the two. The last ACK is sent with the first bytes, which are
 * delayed themselves.
 */
function handshakeTime(p: LatencyParams, { random, direction }: ConnectContext): number {
  const quantile = quantileFor(p)
  const draw = (): number => (quantile === undefined ? p.latency : Math.max(0, quantile(random.next())))
  return direction === 'both' ? draw() + draw() : draw()
}

export const latency = defineFault({
  type: 'latency',
  layer: 'transport',
  effect: 'timing',
  summary: 'Delivers every chunk later by a fixed time, with optional jitter.',
  details: `Each chunk is delivered \`latency\` ± \`jitter\` after it arrived. Order is kept: a chunk with a small draw waits behind its
predecessor. Delays do not add up over chunks that are under way together, so throughput is not limited. The end of the stream is not delayed
by itself; it follows the last chunk.

Two latency faults add up. Removing one delivers what it held at once; updating one applies the new delay to what is held, counted from when it arrived.
With \`per: chunk\` the probability is that of each chunk; one that it spares still waits behind its predecessors.

**Distributions.** A delay is drawn for each chunk, and one below 0 is 0. Without jitter nothing is drawn: all but the table are then the fixed \`latency\`.

| \`distribution\` | \`latency\` | \`jitter\` | notes |
|---|---|---|---|
| \`uniform\` | mean | farthest from it | standard deviation 0.58 × jitter |
| \`normal\` | mean | standard deviation | |
| \`lognormal\` | mean | standard deviation | never below 0, skewed to long delays; median = latency / √(1 + (jitter/latency)²); needs a latency above 0 |
| \`exponential\` | minimum | mean of the exponential wait on top, and its standard deviation | mean = latency + jitter; p99 = latency + 4.6 × jitter |
| \`pareto\` | about the mean | scale | latency − 0.67 × jitter to latency + 4 × jitter; standard deviation 0.82 × jitter |
| \`paretonormal\` | about the mean | scale | ¼ normal + ¾ pareto at the same percentile; standard deviation 0.83 × jitter |
| \`table\` | added to each draw | – | the percentiles or the histogram of \`table\` |

\`uniform\`, \`normal\`, \`pareto\` and \`paretonormal\` mean what they mean to tc-netem. Its Pareto distribution (shape 3) has a standard deviation of 1.15 × jitter and a tail without
end; netem's tables stop at latency + 4 × jitter, where 1.1 % of the draws gather, and so does this. That takes 0.03 × jitter (paretonormal: 0.025) from the mean.

A \`table\` holds percentiles, \`{p50: 20ms, p99: 400ms, p99.9: 2s}\`, that may not fall. Between two of them delays are spread evenly; below the first and above the last one
every delay is exactly that one: nothing is made up that was not given, so give \`p0\` and \`p100\` too where the ends matter. Or it is a text, a histogram as CSV:
lines of \`upper_bound,count\` (a duration and the number of delays up to it, above the bound of the line before), at most 10 000, with or without this header. Delays are spread evenly within each bucket, the first of
which begins at 0.

**Correlation.** With \`correlation\` ρ each draw leans on the one before it in this direction of this session: draws are turned into normal ones, z' = ρ·z + √(1 − ρ²)·ε, and back
(a Gaussian copula over an AR(1) process). The distribution stays exactly what it is without; ρ is the correlation of neighbours for normal delays, and their
rank correlation, to within 0.018, for all. tc-netem's correlation means another thing: it blends each even draw with the one before, which narrows the
distribution (with 50 % to 58 % of its width) and takes its tails away.

**Wave.** The wave is added to each delay by when the chunk arrived; the sum is never below 0. \`sine\` and \`triangle\` begin at 0 and rise, \`square\` begins with half a period at + amplitude, \`saw\` rises from
− to + amplitude and falls back. It begins when the fault begins to work on the session, the same in both directions, so that a run can be repeated; updates let it go on. Where a wave falls faster than time goes by,
chunks catch up with their predecessors, and wait behind them.

**Handshake.** Connecting is not delayed unless \`handshake\` is set. Then connecting to the upstream takes longer by what SYN and SYN-ACK would wait: by one delay, drawn like that of a chunk (without
correlation and wave), or by two if the direction is \`both\`, so that the first answer comes when it would come with tc-netem. The time counts against the dial timeout; with
\`per: chunk\` it is that of every session. The client's own \`connect()\` is still answered at once, by
the proxy's kernel.

Stands for distance, a busy network or a slow server. Times are good to about a millisecond.`,
  example: {
    latency: '80ms',
    jitter: '15ms',
    distribution: 'paretonormal',
    correlation: '25%',
    wave: { shape: 'sine', amplitude: '30ms', period: '60s' },
    handshake: true,
  },
  params,
  per: ['session', 'chunk'],
  warnings: idleFields,
  toxic: [
    {
      name: 'latency',
      unit: 'ms',
      toParams: (value) => ({ latency: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.latency),
    },
    {
      name: 'jitter',
      unit: 'ms',
      toParams: (value) => ({ jitter: Math.max(0, value) }),
      fromParams: (p) => Math.round(p.jitter),
    },
  ],
  stage: (p, context, previous) => new DelayStage(p, context, previous),
  connect(p, context) {
    const dial = p.handshake === true ? handshakeTime(p, context) : 0
    return dial > 0 ? { dial } : undefined
  },
})
