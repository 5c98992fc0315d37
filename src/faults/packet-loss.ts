import { z } from 'zod'
import { defineFault } from './define.ts'
import { DroppedChunks, EmulatedLoss, lossyHandshake } from './loss-stage.ts'
import { atLeastShortest, lossWarnings, mode, rtt, VALID } from './models/loss-params.ts'
import { correlated } from './models/packet-loss-model.ts'
import { probability } from './params.ts'

const params = z.object({
  loss_rate: probability().prefault(0.1).describe('Share of packets lost after one that arrived.'),
  correlation: probability()
    .prefault(0)
    .describe(
      'After a lost packet the chance rises by that share of what is left: loss_rate + correlation · (1 − loss_rate).',
    ),
  rtt: rtt(),
  mode: mode(),
})

/** Of Linux, as in `loss`. */
const RTO_MIN_MS = 200

const figures = (p: z.output<typeof params>) => correlated(p.loss_rate, p.correlation)

/** What Toxiproxy does with values that are no share. */
function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}

export const packetLoss = defineFault({
  type: 'packet_loss',
  layer: 'transport',
  effect: 'timing',
  effectWith: (p) => (p.mode === 'drop' ? 'loss' : 'timing'),
  summary:
    'Lost packets with the parameters of Toxiproxy: by default what TCP makes of them, stalls; on demand missing chunks.',
  details: `Takes the attributes of Toxiproxy's \`packet_loss\`, but does by default what lost packets do to a TCP connection: it is late, and complete. The model is that
of \`loss\`, see there, with \`correlation\` as a chain of Gilbert: in the long run \`loss_rate\` / (\`loss_rate\` + (1 − \`loss_rate\`) · (1 − \`correlation\`)) of the
packets are lost. On a line at rest a packet is ten to an \`rtt\`, so that a burst is over after a while; with \`correlation\` 1 it never is.

Toxiproxy drops each chunk with that chance, so that bytes are missing from the middle of the stream. \`mode: drop\` does so here, whole chunks
as they were read; it has no attribute in Toxiproxy's API. Values out of range are clamped there as by Toxiproxy, and a \`loss_rate\` that is not given is 0.1.

Live changes are those of \`loss\`; what was dropped stays lost. The end of the stream follows the last byte.
Validity and limits are those of \`loss\`: emulated tails are too short above 5 %, and the default of 10 % is above.`,
  example: { loss_rate: '2%', correlation: 0.25 },
  params,
  emulation: { model: 'that of loss, with correlated losses', valid: VALID },
  warnings: (p) => lossWarnings(figures(p), p),
  toxic: [
    {
      name: 'loss_rate',
      unit: '0…1',
      float: true,
      toParams: (value) => ({ loss_rate: clamp(value) }),
      fromParams: (p) => p.loss_rate,
    },
    {
      name: 'correlation',
      unit: '0…1',
      float: true,
      toParams: (value) => ({ correlation: clamp(value) }),
      fromParams: (p) => p.correlation,
    },
  ],
  stage: (p, context, previous) => {
    if (p.mode === 'drop') return new DroppedChunks(figures(p), context)
    const path = { loss: figures(p), rtt: atLeastShortest(p.rtt), rtoMin: RTO_MIN_MS, paced: true }
    return new EmulatedLoss(path, context, previous)
  },
  connect: (p, context) => {
    const dial = p.mode === 'drop' ? 0 : lossyHandshake(figures(p), 'linear', context)
    return dial > 0 ? { dial } : undefined
  },
})
