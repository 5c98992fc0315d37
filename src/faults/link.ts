import { z } from 'zod'
import { defineFault } from './define.ts'
import { Link, type LinkPath } from './link-stage.ts'
import { lossyHandshake } from './loss-stage.ts'
import { LINK_PRESET_NAMES, LINK_PRESETS, type LinkFigures } from './models/link-presets.ts'
import { lossWarnings, percent, VALID } from './models/loss-params.ts'
import { independent } from './models/packet-loss-model.ts'
import { duration, rate } from './params.ts'

const params = z
  .object({
    preset: z
      .enum(LINK_PRESET_NAMES)
      .optional()
      .describe('A typical path; what is given beside it replaces its figures.'),
    rtt: duration().optional().describe('Round trip; each direction takes half of it.'),
    rate: rate().optional().describe('Bytes per second of each connection, in both directions.'),
    rate_down: rate().optional().describe('The same towards the client alone.'),
    rate_up: rate().optional().describe('The same towards the server alone.'),
    loss: percent().optional().describe('Share of packets lost in each direction, each by itself.'),
    slow_start: z
      .boolean()
      .default(true)
      .describe('After connecting or an idle time only 10, 20, 40 … packets go per round trip.'),
  })
  .superRefine(({ preset, rtt, rate, rate_down, rate_up, loss }, context) => {
    if ([preset, rtt, rate, rate_down, rate_up, loss].some((figure) => figure !== undefined)) return
    const message = 'expected a preset, or at least one of rtt, rate, rate_down, rate_up and loss'
    context.addIssue({ code: 'custom', path: ['preset'], message })
  })

type Params = z.output<typeof params>

function figuresOf(p: Params): { rtt: number; down: number | undefined; up: number | undefined; loss: number } {
  const preset: LinkFigures = p.preset === undefined ? { rtt: 0, loss: 0 } : LINK_PRESETS[p.preset]
  return {
    rtt: p.rtt ?? preset.rtt,
    down: p.rate_down ?? p.rate ?? preset.rateDown,
    up: p.rate_up ?? p.rate ?? preset.rateUp,
    loss: p.loss ?? preset.loss,
  }
}

function shownRate(rate: number | undefined): string {
  if (rate === undefined) return 'not limited'
  return rate >= 125_000 ? `${rate / 125_000} Mbit/s` : `${rate / 125} kbit/s`
}

const TABLE = LINK_PRESET_NAMES.map((name) => {
  const { rtt, down, up, loss } = figuresOf({ preset: name, slow_start: true })
  return `| \`${name}\` | ${rtt} ms | ${shownRate(down)} | ${shownRate(up)} | ${loss} % |`
})

export const link = defineFault({
  type: 'link',
  layer: 'transport',
  effect: 'timing',
  directions: ['both', 'downstream', 'upstream'],
  summary:
    'Puts a whole path between client and server: round trip, rates, loss and slow start, by name or by figures.',
  details: `Each direction of each connection passes, in this order: lost packets as in \`loss\`; slow start, so that a response of k packets of 1448 bytes on a new
connection, or one that was idle for rtt + 200 ms, takes ⌈log2(k/10 + 1)⌉ round trips and not one; a pipe as in \`bandwidth\`; and half of \`rtt\`, which
closes and resets take too. With a rate of 0 nothing passes. Connecting to the upstream takes one \`rtt\` longer, and 1 s for each attempt that
is lost; the client's own handshake is with the proxy, so that it connects at once and waits for its first byte.
A fault in one direction is half a path: connecting and exchanges take half of \`rtt\`.

| preset | rtt | down | up | loss |
|---|---|---|---|---|
${TABLE.join('\n')}

These are typical figures: from the profiles that browsers and WebPageTest throttle with, for satellites from published measurements, with losses that are guesses
where radio is involved. Given parameters replace those of the preset.

Updating times what is held anew; a stall under way goes on, unless nothing is lost any more. Removing delivers it at once, closes included. Lost packets are on record as \`retransmission\`.

Stands for users far away, on the road or on a bad line. Not modelled: a queue that fills up and drops (the pipe slows the sender down instead),
round trips that vary, several connections sharing a line, handovers. Rates are of payload, without headers.`,
  example: { preset: '3g', loss: '1%' },
  params,
  emulation: {
    model: 'delay, pipe, slow start, and the loss model of loss',
    valid: `loss: ${VALID}; the rest is exact to about 1 ms`,
  },
  warnings: (p) => {
    const { rtt, loss } = figuresOf(p)
    return lossWarnings(independent(loss / 100), { rtt, mode: 'emulate' })
  },
  stage: (p, context, previous) => {
    const { rtt, down, up, loss } = figuresOf(p)
    const rate = context.direction === 'downstream' ? down : up
    const path: LinkPath = { rtt, rate, loss, slowStart: p.slow_start }
    return new Link(path, context, previous)
  },
  connect: (p, context) => {
    const { rtt, loss } = figuresOf(p)
    const handshake = context.direction === 'both' ? rtt : rtt / 2
    const dial = handshake + lossyHandshake(independent(loss / 100), 'linear', context)
    return dial > 0 ? { dial } : undefined
  },
})
