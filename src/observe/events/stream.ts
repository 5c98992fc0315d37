import { Readable } from 'node:stream'
import type { Timer } from '../../core/clock.ts'
import type { EventFilter } from './filter.ts'
import type { EventHub, Subscription } from './hub.ts'
import type { Position } from './position.ts'

/** How often a stream looks after its reader, milliseconds. */
const LOOK_MS = 5000

/** Looks from one sign of life to the next: 15 s, so that nothing on the way takes the connection for dead. */
const LOOKS_PER_BEAT = 3

/**
 * A reader that has taken nothing from one look to the next, and the next but one, while something was there for it is dropped: after 10 s at least. It is
 * not the clock that is asked: a process that was stopped for a while has not given its readers a chance.
 */
const IDLE_LOOKS = 2

/**
 * Bytes that may wait for a reader besides what it asked to be told again; with more it is dropped. What waits is shared by all readers, and handed to the
 * socket in pieces, so that this is no memory of each. A profile of 500 proxies and 2000 faults is 2 MB of events at once.
 */
const MOST_WAITING = 4 * 2 ** 20

/** Bytes that are handed to the socket in one go. */
const PIECE = 64 * 1024

/** What a browser waits before it connects again, milliseconds. */
const RETRY_MS = 1000

export interface EventStreamOptions {
  readonly hub: EventHub
  readonly filter: EventFilter
  readonly after?: Position | undefined
  /** Bytes that were read from the stream and have not been taken by the kernel. */
  readonly unsent: () => number
  /** Ends the connection at once, whatever of it is unsent. */
  readonly disconnect: () => void
}

/**
 * One subscriber's events as `text/event-stream` (WHATWG HTML, section 9.2). Nobody waits for a reader: one that does not keep up loses its connection,
 * and goes on with `Last-Event-ID` when it comes back.
 */
export class EventStream extends Readable {
  readonly #hub: EventHub
  readonly #unsent: () => number
  readonly #disconnect: () => void
  readonly #subscription: Subscription
  readonly #mostWaiting: number
  /** Frames are shared with the hub and other streams. */
  readonly #queue: Buffer[]
  #queued: number
  /** The reader has room. */
  #wanted = false
  #flush: NodeJS.Immediate | undefined
  #ending = false
  #timer: Timer
  #looks = 0
  #pushed = 0
  /** What the kernel had taken at the last look that saw it move, and how many looks have not since then. */
  #taken = 0
  #idleLooks = 0

  /** @throws FoulweatherError `too_many_subscribers`. */
  constructor({ hub, filter, after, unsent, disconnect }: EventStreamOptions) {
    super({ highWaterMark: PIECE })
    this.#hub = hub
    this.#unsent = unsent
    this.#disconnect = disconnect
    this.#subscription = hub.subscribe(filter, after, {
      take: ({ frame }) => this.#add(frame),
      end: () => this.#end(),
    })
    const { position, missed, replay } = this.#subscription
    const begin = Buffer.from(`retry: ${RETRY_MS}\nid: ${position}\n\n`)
    this.#queue = [begin, ...(missed === undefined ? [] : [missed]), ...replay.map(({ frame }) => frame)]
    this.#queued = this.#queue.reduce((sum, { length }) => sum + length, 0)
    this.#mostWaiting = this.#queued + MOST_WAITING
    this.#timer = this.#arm()
  }

  override _read(): void {
    this.#wanted = true
    this.#handOn()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#subscription.leave()
    this.#hub.clock.clearTimer(this.#timer)
    clearImmediate(this.#flush)
    this.#queue.length = 0
    this.#queued = 0
    callback(error)
  }

  #add(frame: Buffer): void {
    if (this.destroyed) return
    this.#queue.push(frame)
    this.#queued += frame.length
    if (this.#waiting() > this.#mostWaiting) this.#drop()
    // Thousands of changes come in one turn: they are written together, behind what is being done.
    else this.#flush ??= setImmediate(() => this.#handOn())
  }

  #waiting(): number {
    return this.#queued + this.readableLength + this.#unsent()
  }

  #handOn(): void {
    this.#flush = undefined
    while (this.#wanted && this.#queue.length > 0) {
      const piece = this.#takePiece()
      this.#queued -= piece.length
      this.#pushed += piece.length
      this.#wanted = this.push(piece)
    }
    if (this.#ending && this.#queue.length === 0) this.push(null)
  }

  #takePiece(): Buffer {
    let count = 0
    for (let bytes = 0; count < this.#queue.length && bytes < PIECE; count++) bytes += this.#queue[count]?.length ?? 0
    const frames = this.#queue.splice(0, count)
    return Buffer.concat(frames)
  }

  #arm(): Timer {
    return this.#hub.clock.setTimer(LOOK_MS, () => {
      this.#timer = this.#arm()
      this.#look()
    })
  }

  #look(): void {
    const taken = this.#pushed - this.readableLength - this.#unsent()
    if (taken > this.#taken || this.#waiting() === 0) {
      this.#taken = taken
      this.#idleLooks = 0
    } else if (++this.#idleLooks > IDLE_LOOKS) return this.#drop()
    // The id moves those on whose filter lets little through: it comes behind everything that was told up to now.
    if (++this.#looks % LOOKS_PER_BEAT === 0) this.#add(Buffer.from(`:\nid: ${this.#hub.position}\n\n`))
  }

  #drop(): void {
    this.#hub.dropped++
    this.#leave()
  }

  #leave(): void {
    this.#disconnect()
    this.destroy()
  }

  #end(): void {
    if (this.destroyed) return
    this.#ending = true
    this.#handOn()
    // Who has not taken it by then would have to be waited for.
    setImmediate(() => {
      if (!this.destroyed && this.#waiting() > 0) this.#leave()
    })
  }
}
