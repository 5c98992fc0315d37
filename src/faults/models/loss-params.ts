import { z } from 'zod'
import { duration, probability } from '../params.ts'
import { bursts, independent, lossShare, type LossFigures } from './packet-loss-model.ts'

const PERCENT = 'expected a percentage of 0 to 100 or a text such as "1%"'

/** A percentage of 0…100, or a text such as `1%`. */
export const percent = () =>
  z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?\s*%$/, { error: PERCENT })], { error: PERCENT })
    .transform((given) => (typeof given === 'number' ? given : Number(given.replace('%', ''))))
    .pipe(z.number().min(0, { error: PERCENT }).max(100, { error: PERCENT }))
    .meta({ unit: '%', accepts: PERCENT.slice('expected '.length) })

const PACKETS = 'expected a number of packets, at least 1'
const packets = () =>
  z
    .number({ error: PACKETS })
    .min(1, { error: PACKETS })
    .meta({ unit: 'packets', accepts: PACKETS.slice(9) })

export const gilbert = () =>
  z.strictObject(
    {
      p: probability().describe('The chance that a burst of losses begins with a packet.'),
      r: probability().describe('The chance that it ends with a packet; bursts have 1/r packets on average.'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object {p, r} of two shares' : undefined) },
  )

export const burst = () =>
  z.strictObject(
    {
      length: packets().describe('Packets lost in a row, on average.'),
      every: packets().describe('Packets that arrive between two bursts, on average.'),
    },
    {
      error: (issue) =>
        issue.code === 'invalid_type' ? 'expected an object {length, every} of two numbers of packets' : undefined,
    },
  )

/** A shorter round trip is one of 1 ms. */
const SHORTEST_RTT_MS = 1

export function atLeastShortest(rtt: number): number {
  return Math.max(SHORTEST_RTT_MS, rtt)
}

export const rtt = () =>
  duration()
    .prefault(20)
    .describe(
      'Round trip of the path that packets are lost on, from 1 ms. It is not added: that is for latency or link.',
    )

export const mode = () =>
  z
    .enum(['emulate', 'drop'])
    .default('emulate')
    .describe(
      'emulate: what TCP makes of lost packets, stalls and a lower pace. drop: removes whole chunks from the stream.',
    )

interface GivenLoss {
  readonly percent?: number | undefined
  readonly gilbert?: { readonly p: number; readonly r: number } | undefined
  readonly burst?: { readonly length: number; readonly every: number } | undefined
}

/** The figures of whichever way they were given. */
export function lossFigures({ percent = 0, gilbert, burst }: GivenLoss): LossFigures {
  if (gilbert !== undefined) return { enter: gilbert.p, leave: gilbert.r }
  if (burst !== undefined) return bursts(burst.length, burst.every)
  return independent(percent / 100)
}

/** Beyond that share of lost packets the emulated tails are too short. */
const VALID_SHARE = 0.05

/** Where the model was compared with real packets. */
export const VALID =
  'up to 5 % independent losses at a round trip of 2 to 50 ms (Linux 6.18, cubic and reno): means within 15 % for messages up to a packet, 30 % for 64 KB'

export function lossWarnings(figures: LossFigures, path: { readonly rtt: number; readonly mode: string }): string[] {
  const warnings: string[] = []
  const share = lossShare(figures)
  if (path.mode === 'drop') {
    return share > 0
      ? ['mode drop takes bytes out of the stream, which no real TCP does: expect broken protocols, not slow ones']
      : []
  }
  if (share > VALID_SHARE) {
    const shown = `${Number((share * 100).toFixed(1))} %`
    warnings.push(
      `${shown} of packets are lost: above 5 % the longest stalls are shorter than in reality (at 10 % the worst of 1000 by half), and large answers on short paths come too soon`,
    )
  }
  if (share > 0 && (path.rtt < 2 || path.rtt > 50)) {
    warnings.push(`the model was measured at round trips of 2 to 50 ms, not at ${path.rtt} ms`)
  }
  return warnings
}
