import { z } from 'zod'
import type { FaultContext } from '../core/fault-factory.ts'
import type { ExchangeContext } from '../core/exchange.ts'
import { defineFault } from './define.ts'
import { delayFields, idleFields, quantileFor, refuseContradictions } from './delay-params.ts'
import { DelayStage } from './delay-stage.ts'
import { waveAt } from './models/wave.ts'
import { WaveStart, WAVE_START_CELLS } from './wave-start.ts'

const params = z
  .object({
    phase: z
      .enum(['request', 'response', 'body'], { error: 'expected request, response or body' })
      .default('response')
      .describe(
        'What is late: the request on its way to the upstream, the response on its way back, or every chunk of a body.',
      ),
    ...delayFields,
    latency: delayFields.latency.describe(
      'Delay of the message, counted from when its head came; with `phase: body` of every chunk of the body, from its arrival.',
    ),
    jitter: delayFields.jitter.describe(
      'How far the delay varies; with the uniform distribution by up to this much both ways.',
    ),
    correlation: delayFields.correlation.describe(
      'With `phase: body`: how much each draw leans on the one before it: 0 (the default) not at all, 1 = it is the same.',
    ),
  })
  .superRefine(refuseContradictions)

type LatencyParams = z.output<typeof params>

/** One wave for all exchanges of the proxy, so that it goes up and down over time and not with each of them. */
function waveStart(context: FaultContext): WaveStart {
  return context.shared('proxy', () => new WaveStart(context.cells()))
}

/** Milliseconds that one message waits. */
function holdFor(p: LatencyParams, context: ExchangeContext): number {
  const quantile = quantileFor(p)
  const drawn = quantile === undefined ? p.latency : quantile(context.random.next())
  if (p.wave === undefined) return Math.max(0, drawn)
  const began = waveStart(context).beganAt(context.at)
  return Math.max(0, drawn + waveAt(p.wave, context.at - began))
}

function delay(p: LatencyParams, phase: 'request' | 'response', context: ExchangeContext) {
  const wait = p.phase === phase ? holdFor(p, context) : 0
  return wait > 0 ? { wait } : undefined
}

export const httpLatency = defineFault({
  type: 'http_latency',
  layer: 'http',
  effect: 'timing',
  summary: 'Delays requests, responses, or every chunk of their bodies, with any distribution of `latency`.',
  details: `What is late depends on the \`phase\`:

- \`request\`: the request, head and body, goes on to the upstream that much later.
- \`response\` (the default): the response does. The upstream has done its work by then, and what it sends meanwhile waits: the time to the first byte is longer, and the body then comes as fast as ever.
- \`body\`: every chunk of a body is delivered that much after it came; of the response (\`direction: downstream\`, the default), the request (\`upstream\`), or both. Heads are not delayed. As with \`latency\`, delays of chunks that
are under way together do not add up, and order is kept.

The direction counts with \`phase: body\` alone. Other exchanges, also those of the same connection, are not delayed, except that responses of one connection go in the order of its requests.

\`latency\`, \`jitter\`, \`distribution\` and \`table\` mean what they mean for [\`latency\`](latency.md). With \`request\` and \`response\` one delay is drawn for each exchange, from the seed; \`correlation\` works within one body,
and between exchanges there is none. The \`wave\` is one for all exchanges of the proxy: it begins with the first that meets the fault, and goes on over time, updates included. Delays of several faults add up.

With a \`match\` on the status of the response, \`phase: request\` is refused (it would be too late), and \`phase: body\` works on bodies of responses.

Removing the fault lets what it holds go on at once.

Stands for a slow backend (\`response\`), a gateway or queue in front of it (\`request\`), a slow link or a server that produces its answer bit by bit (\`body\`). It brings out time-outs, retries that pile up, and
pools that run dry.`,
  example: { phase: 'response', latency: '300ms', jitter: '100ms', distribution: 'lognormal' },
  params,
  cells: WAVE_START_CELLS,
  warnings: (p) => [
    ...idleFields(p),
    ...((p.correlation ?? 0) > 0 && p.phase !== 'body'
      ? [`correlation does nothing with phase ${p.phase}: each exchange draws for itself`]
      : []),
  ],
  actsOnResponse: ({ phase }) => phase !== 'request',
  request: (p, context) => delay(p, 'request', context),
  response: (p, context) => delay(p, 'response', context),
  stage: (p, context, previous) =>
    p.phase === 'body' ? new DelayStage(p, context, previous, waveStart(context)) : undefined,
})
