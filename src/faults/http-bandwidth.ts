import { z } from 'zod'
import { Bandwidth, BANDWIDTH_CELLS, pipeFields } from './bandwidth.ts'
import { defineFault } from './define.ts'

const params = z.object({
  ...pipeFields,
  scope: z
    .enum(['exchange', 'proxy'], { error: 'expected exchange or proxy' })
    .default('exchange')
    .describe('Whose pipe it is: each body has one for itself, or all bodies of the proxy share one.'),
})

export const httpBandwidth = defineFault({
  type: 'http_bandwidth',
  layer: 'http',
  effect: 'timing',
  summary: 'Limits the bodies of responses or requests, each or all together, to a number of bytes per second.',
  details: `Works on bodies alone: heads pass at once, so a client sees the status in time and then a slow download (\`direction: downstream\`, the default) or upload (\`upstream\`). The model is that of
[\`bandwidth\`](bandwidth.md): bytes are delivered when they have crossed the pipe, in pieces of about 10 ms, and the sender is slowed down through TCP. A \`burst\` lets an idle pipe pass as much at once; a new pipe is full.

With \`scope: exchange\` each body has the full \`rate\`, and the full \`burst\`, for itself. With \`scope: proxy\` all bodies of the proxy in that direction share one pipe, first come, first served, and never carry more than \`rate\`
together; exchanges that the fault does not select are not slowed down, and take nothing of it. Bytes that only delimit chunks may count too.
With several workers all bodies share that one pipe all the same, but what is timed anew after a change may lose its place to an exchange of another worker.

With \`rate\` 0 the head passes and the body never comes, until the fault changes or goes; [\`http_stall\`](http_stall.md) can do that in the middle of a body. A response or request without a body is not touched.

Removing the fault delivers what is held at once.

Stands for a slow disk or object store behind an origin, a throttled tenant or download, a client on a thin line that uploads. To slow down whole connections, heads and all, use \`bandwidth\`.`,
  example: { rate: '50KB/s', burst: '64KiB' },
  params,
  cells: BANDWIDTH_CELLS,
  stage: ({ rate, burst, scope }, context, previous) =>
    new Bandwidth({ rate, burst, scope: scope === 'proxy' ? 'proxy' : 'session' }, context, previous),
})
