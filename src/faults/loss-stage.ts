import type { ConnectContext, StageContext } from '../core/fault-factory.ts'
import type { Stage } from '../core/outlet.ts'
import { Conversation } from './models/conversation.ts'
import { LossyLine, type LossyPath, type OnStall } from './models/lossy-line.ts'
import { lossShare, type LossFigures, PacketLossModel } from './models/packet-loss-model.ts'
import { handshakeStall, type SynBackoff } from './models/retransmission.ts'
import { AT_ONCE, PassThrough } from './pass-through.ts'

/** What TCP makes of lost packets: bytes come late, and none is missing. */
export class EmulatedLoss extends PassThrough {
  readonly #path: LossyPath
  readonly #context: StageContext
  /** Shared with the stage that this one replaces, so that it does not matter which of the two is told to go back. */
  readonly #line: LossyLine
  readonly #onStall: OnStall
  #joined = false

  constructor(path: LossyPath, context: StageContext, previous: Stage | undefined) {
    super()
    this.#path = path
    this.#context = context
    this.#onStall = (at, { ms, losses }, by) =>
      context.record(at, 'retransmission', { ms: Number(ms.toFixed(3)), losses, by })
    const conversation = context.shared('session', () => new Conversation(path))
    const carried = previous instanceof EmulatedLoss && previous.#joined ? previous.#line : undefined
    this.#line = carried ?? new LossyLine(path, context.direction, conversation, context.random, this.#onStall)
  }

  open(): void {
    this.#joined = true
    this.#line.begin(this.#path, this.#onStall)
  }

  override chunk(bytes: Buffer, at: number): number {
    const welcome = this.#line.pass(bytes, at, this.next)
    if (this.#line.acted) this.#context.counters.applied++
    return welcome
  }

  rewind(bytes: number): void {
    this.#line.rewind(bytes)
  }
}

/** Removes whole chunks from the stream, each as if it were a packet. */
export class DroppedChunks extends PassThrough {
  readonly #packets: PacketLossModel
  readonly #context: StageContext

  constructor(loss: LossFigures, context: StageContext) {
    super()
    this.#context = context
    this.#packets = new PacketLossModel(loss, context.random, false)
  }

  override chunk(bytes: Buffer, at: number): number {
    if (!this.#packets.lost()) return this.next.chunk(bytes, at)
    this.#context.counters.applied++
    this.#context.record(at, 'drop', { bytes: bytes.length })
    return AT_ONCE
  }
}

/**
 * Milliseconds by which connecting takes longer. An attempt fails if its SYN is lost, or the answer to it: a fault that works in one direction
 * loses only one of them.
 */
export function lossyHandshake(
  loss: LossFigures,
  backoff: SynBackoff,
  { random, direction }: Pick<ConnectContext, 'random' | 'direction'>,
): number {
  const failing = 1 - (1 - lossShare(loss)) ** (direction === 'both' ? 2 : 1)
  return handshakeStall(backoff, () => random.next() < failing)
}
