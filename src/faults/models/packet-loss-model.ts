import type { Random } from '../../core/random.ts'

/**
 * A two-state chain over packets, as E. N. Gilbert (1960) has it: a packet after one that arrived is lost with `enter`, one after a lost one
 * arrives with `leave`. Independent losses are the chain with `leave` = 1 − `enter`.
 */
export interface LossFigures {
  /** 0…1: the chance that a burst of losses begins. */
  readonly enter: number
  /** 0…1: the chance that it ends with each further packet; its mean length is 1 / `leave`. */
  readonly leave: number
}

/** Each packet is lost with `share` (0…1), whatever became of the others. */
export function independent(share: number): LossFigures {
  return { enter: share, leave: 1 - share }
}

/** After a lost packet the chance of losing the next one rises from `share` by `correlation` (0…1) of what is left. */
export function correlated(share: number, correlation: number): LossFigures {
  return { enter: share, leave: (1 - share) * (1 - correlation) }
}

/** `length` packets in a row are lost on average, and `every` packets arrive in between; both at least 1. */
export function bursts(length: number, every: number): LossFigures {
  return { enter: 1 / every, leave: 1 / length }
}

/** The share of packets that the chain loses in the long run: enter / (enter + leave). */
export function lossShare({ enter, leave }: LossFigures): number {
  return enter === 0 ? 0 : enter / (enter + leave)
}

/** Beyond that many packets the chain has forgotten what it was, for any figures that come up. */
const FORGOTTEN = 1e6

/** Which packets of one direction are lost. */
export class PacketLossModel {
  readonly #figures: LossFigures
  readonly #share: number
  readonly #random: Random
  #lost: boolean | undefined

  /** @param lostBefore what became of the packet before the first; `undefined` = nobody knows, so that it has the long-run share */
  constructor(figures: LossFigures, random: Random, lostBefore?: boolean) {
    this.#figures = figures
    this.#share = lossShare(figures)
    this.#random = random
    this.#lost = lostBefore
  }

  /**
   * Is the packet lost that comes `steps` packets (at least 1) after the last one asked about? One draw, however many lie between: after n
   * packets the chain has kept (1 − enter − leave)^n of how far it was from its long-run share.
   */
  lost(steps = 1): boolean {
    const { enter, leave } = this.#figures
    if (enter === 0) return false
    let chance = this.#share
    if (this.#lost !== undefined) {
      const kept = (1 - enter - leave) ** Math.round(Math.min(FORGOTTEN, Math.max(1, steps)))
      chance += ((this.#lost ? 1 : 0) - this.#share) * kept
    }
    this.#lost = this.#random.next() < chance
    return this.#lost
  }
}
