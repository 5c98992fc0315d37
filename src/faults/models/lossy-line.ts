import type { Outlet } from '../../core/outlet.ts'
import type { Random } from '../../core/random.ts'
import type { Direction } from '../../core/words.ts'
import { Turns } from '../turns.ts'
import type { Conversation } from './conversation.ts'
import { Decided, type LateBytes, type Message } from './decided.ts'
import { type LossFigures, PacketLossModel } from './packet-loss-model.ts'
import { timeoutStall, type RoundTrip, type Stall } from './retransmission.ts'
import { INITIAL_WINDOW, lossPace, MSS } from './tcp-throughput.ts'

/**
 * A lost packet among the last three has too little behind it to be noticed before a time-out: read off the share of slow answers of 64 KB
 * (measured 2.2 to 3.6).
 */
const TAIL = 3

/** A piece of a paced stream lasts about as long. */
const PIECE_MS = 10

export interface LossyPath extends RoundTrip {
  readonly loss: LossFigures
  /** The pace of senders that take loss for congestion. */
  readonly paced: boolean
}

/** What the line tells of itself: a lost packet, and how many milliseconds it makes the bytes from it on late. */
export type OnStall = (at: number, stall: Stall, by: 'timeout' | 'fast') => void

/**
 * One direction of a TCP connection over a path that loses packets: when its bytes reach the application. See the details of the fault `loss`
 * for the model.
 *
 * What has been decided about bytes stays so when they pass again: no change of a fault saves a lost packet, or loses another one.
 */
export class LossyLine {
  readonly #direction: Direction
  readonly #random: Random
  #pace = new Turns()
  readonly #decided = new Decided()
  readonly #conversation: Conversation
  #onStall: OnStall
  #path: LossyPath
  #packets: PacketLossModel
  /** Bytes per second; Infinity = as many as there are. */
  #rate = Infinity
  /** What may go ahead of the pace, as a time: the initial window or a round trip, whichever is more. */
  #ahead = 0
  #lastDue = -Infinity
  #stalledUntil = -Infinity
  /** Of what passed last: has anything been delayed or cut? */
  acted = false

  constructor(path: LossyPath, direction: Direction, conversation: Conversation, random: Random, onStall: OnStall) {
    this.#direction = direction
    this.#conversation = conversation
    this.#random = random
    this.#onStall = onStall
    this.#path = path
    this.#packets = new PacketLossModel(path.loss, random)
    this.#setPace()
  }

  /** From now on the path is this one. Stalls under way go on, unless nothing is lost any more. */
  begin(path: LossyPath, onStall: OnStall): void {
    this.#path = path
    this.#onStall = onStall
    this.#packets = new PacketLossModel(path.loss, this.#random)
    this.#conversation.begin(path)
    this.#setPace()
    if (path.loss.enter > 0) return
    this.#decided.forget()
    this.#pace = new Turns()
    this.#stalledUntil = -Infinity
  }

  /** The next bytes: hands them on in pieces with the times at which they are due. Answers from when on more input is welcome. */
  pass(bytes: Buffer, at: number, next: Outlet): number {
    this.acted = false
    let welcome = -Infinity
    for (let start = 0; start < bytes.length;) {
      const message = this.#decided.current ?? this.#decide(bytes.length - start, at)
      const end = Math.min(bytes.length, start + message.to - this.#decided.position)
      while (start < end) {
        const stop = start + this.#pieceLength(message, end - start, at)
        const whole = start === 0 && stop === bytes.length
        const due = this.#take(message, stop - start, at)
        if (due > at || !whole) this.acted = true
        welcome = Math.max(welcome, next.chunk(whole ? bytes : bytes.subarray(start, stop), due))
        start = stop
      }
    }
    return Math.max(welcome, this.#pace.welcomeAt(-Infinity) - this.#ahead)
  }

  /** The last `bytes` bytes are about to pass again. */
  rewind(bytes: number): void {
    this.#pace.takeBack(bytes)
    const { lastDue, stalledUntil } = this.#decided.rewind(bytes)
    this.#lastDue = lastDue
    this.#stalledUntil = stalledUntil
  }

  #setPace(): void {
    const { loss, paced, rtt } = this.#path
    this.#rate = paced ? lossPace(loss.enter, this.#path) : Infinity
    this.#ahead = Math.max(rtt, ((INITIAL_WINDOW * MSS) / this.#rate) * 1000)
    if (this.#rate === Infinity) this.#ahead = 0
  }

  /** How many bytes need not wait for the pace. */
  #credit(at: number): number {
    if (this.#rate === Infinity || at === Infinity) return Infinity
    return Math.max(0, Math.floor(((at + this.#ahead - Math.max(this.#pace.freeAt, at)) * this.#rate) / 1000))
  }

  #pieceLength(message: Message, left: number, at: number): number {
    const { position } = this.#decided
    const next = message.late.find((late) => late.position > position)
    const whole = next === undefined ? left : Math.min(left, next.position - position)
    const credit = this.#credit(at)
    if (credit >= whole) return whole
    return Math.min(whole, credit >= MSS ? credit : Math.max(MSS, Math.floor((this.#rate * PIECE_MS) / 1000)))
  }

  /** Bytes from a lost packet on wait for it; those that a time-out holds up are not sent in the meantime either. */
  #take(message: Message, length: number, at: number): number {
    const late = message.late.find(({ position }) => position === this.#decided.position)
    const silent = late?.silent === true ? late.ms : 0
    this.#pace.take(length, at, (length / this.#rate) * 1000 + silent)
    const unstalled = Math.max(at, this.#pace.freeAt - silent - this.#ahead)
    if (late !== undefined) {
      this.#stalledUntil = Math.max(this.#stalledUntil, unstalled + late.ms)
      late.until = this.#stalledUntil
    }
    const due = Math.max(unstalled, this.#stalledUntil)
    this.#lastDue = Math.max(this.#lastDue, due)
    this.#decided.passed(length)
    return due
  }

  /**
   * A message begins with bytes that come when all before them have been delivered, and the other side has spoken since or a round trip has passed
   * (heard in one direction alone: at once). What comes closer is more of the same, with something behind it or before it.
   */
  #decide(length: number, at: number): Message {
    const turn = this.#conversation.speaks(this.#direction) ?? true
    const begins = at > this.#lastDue && (turn || at >= this.#lastDue + this.#path.rtt)
    const late = this.#losses(length, at, begins)
    const message = this.#decided.add(length, late, { lastDue: this.#lastDue, stalledUntil: this.#stalledUntil })
    if (begins) {
      const stall = late.find(({ silent }) => silent)?.ms ?? 0
      this.#conversation.message(this.#direction, at, at + stall, stall, () => this.#random.next())
    }
    return message
  }

  #losses(length: number, at: number, begins: boolean): LateBytes[] {
    if (this.#path.loss.enter === 0) return []
    const packets = Math.ceil(length / MSS)
    const tail = begins ? Math.min(TAIL, packets) : 0
    const late: LateBytes[] = []
    const { position } = this.#decided
    // On a link at rest time passes too: as many packets as an initial window would have sent.
    const idle = ((at - this.#lastDue) / this.#path.rtt) * INITIAL_WINDOW
    let unasked = Number.isFinite(idle) ? Math.max(1, idle) : Infinity

    // Where bytes wait for the pace, it stands for the losses of all but the tail.
    const paced = length > this.#credit(at)
    const early = paced ? -1 : this.#firstLost(0, packets - tail, unasked)
    if (early >= 0) {
      late.push({ position: position + early * MSS, ms: this.#path.rtt, silent: false, until: -Infinity })
      this.#onStall(at, { ms: this.#path.rtt, losses: 1 }, 'fast')
    }
    if (paced) unasked += packets - tail
    else if (packets > tail) unasked = early >= 0 ? packets - tail - early : 1

    const last = this.#firstLost(packets - tail, packets, unasked)
    if (last >= 0) {
      const { rto } = this.#conversation.timer
      const stall = timeoutStall(rto, (waited) => this.#packets.lost((waited / this.#path.rtt) * INITIAL_WINDOW))
      late.push({ position: position + last * MSS, ms: stall.ms, silent: true, until: -Infinity })
      this.#onStall(at, stall, 'timeout')
    }
    return late
  }

  /** The first packet of [from, to) that is lost, -1 = none; `unasked` packets have gone since the last one asked about. */
  #firstLost(from: number, to: number, unasked: number): number {
    for (let packet = from; packet < to; packet++) {
      if (this.#packets.lost(packet === from ? unasked : 1)) return packet
    }
    return -1
  }
}
