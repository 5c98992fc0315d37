import { plainCells, type Cells } from '../core/cells.ts'
import { Rows } from './rows.ts'
import { LEAD_MS } from './turns.ts'

/** How many slots are remembered. What came before them has mostly crossed for good. */
const REMEMBERED = 4096

/** So many are kept at most, whatever waits. */
const MOST_SLOTS = 2 * REMEMBERED

/** Milliseconds and bytes that are only the rounding of sums: no piece looks for a free moment as short as that. */
const DUST = 1e-6

/** What is kept of the pipe itself. */
const OPEN = 0
const RATE = 1
const SAVED = 2
/** Nothing crosses before it. */
const FLOOR = 3
/** The number of the latest lane that has had time. */
const LANES = 4
/** How often time was taken, or given back. */
const CHANGES = 5
const HEAD = 6

/** What is kept of each slot. */
const LANE = 0
const BEGIN = 1
const END = 2
const BYTES = 3
const PIECE = 4
const SINCE = 5
const WIDTH = 6

/** How many cells a pipe takes. */
export const PIPE_CELLS = HEAD + Rows.cells(WIDTH, MOST_SLOTS)

/**
 * A stretch of time in which the pipe carries bytes of one lane, and of nobody else. Pieces of one read that follow each other at one pace are one
 * slot: with one for each, a new rate for 300 sessions at 10 KB/s took a second.
 */
interface Slot {
  /** Its number. */
  readonly lane: number
  readonly begin: number
  readonly end: number
  /** A share of a piece that was split over free moments is no whole number. */
  readonly bytes: number
  /** Bytes of each of its pieces; the last may have less. */
  readonly piece: number
  /** It may not begin before. */
  readonly since: number
}

/** The first `bytes` bytes of a slot, and those behind them. */
function cutAfter(slot: Slot, bytes: number): readonly [Slot, Slot] {
  const cut = slot.begin + (slot.end - slot.begin) * (bytes / slot.bytes)
  return [
    { ...slot, end: cut, bytes },
    { ...slot, begin: cut, bytes: slot.bytes - bytes },
  ]
}

/** The pieces of a slot that have crossed by `at`, and the others: either may be none. */
function crossedBy(at: number, slot: Slot): readonly [Slot | undefined, Slot | undefined] {
  if (slot.end <= at) return [slot, undefined]
  const share = Math.max(0, at + DUST - slot.begin) / (slot.end - slot.begin)
  const bytes = Math.floor((slot.bytes * share) / slot.piece) * slot.piece
  if (bytes >= slot.bytes) return [slot, undefined]
  return bytes > 0 ? cutAfter(slot, bytes) : [undefined, slot]
}

/**
 * A pipe that many share and that carries one piece at a time:
 *
 *     lane A  ████      ██
 *     lane B      ████      ████     each stretch of time belongs to one of them at most
 *
 * That is the whole of the cap: until any moment no more time has been used than has passed, so no more bytes than that time is worth.
 * A piece takes the first free time after its bytes are there, split over several free moments if need be. Bytes that have to pass again
 * give back exactly the time that they had; nobody else of this thread can have moved into it meanwhile, so they find it again when nothing has
 * changed, unless a lane of another thread was faster. Nobody tells the pipe that a session is over: what it had waiting keeps its time, like
 * packets in a router's queue whose receiver is gone.
 *
 * All of it is in cells: each thread has an object of this class, and all these are one pipe.
 */
export class SharedPipe {
  readonly #cells: Cells
  readonly #offset: number
  /** Slots by time; no two overlap. */
  readonly #slots: Rows
  /** What this thread has said last of rate and savings; `undefined` = it has opened no lane yet. */
  #said: { readonly rate: number; readonly saved: number } | undefined
  /** What was given back last, and `CHANGES` then: should the rate change before anything else does, it keeps its place in the order. */
  #returned: readonly Slot[] = []
  #returnedAt = 0

  /** @param cells default: of this thread alone. @param offset where in them the pipe begins. */
  constructor(cells: Cells = plainCells(PIPE_CELLS), offset = 0) {
    this.#cells = cells
    this.#offset = offset
    this.#slots = new Rows(offset + HEAD, WIDTH, MOST_SLOTS)
  }

  /**
   * A lane works at `rate` (bytes per second, 0 = cut) from `at` on, and the pipe saves up to `saved` milliseconds of it. At a new rate everything
   * that has not crossed yet is laid out anew in the same order, the piece under way from its beginning. A new pipe has saved all it
   * can, and one that was cut nothing.
   */
  open(rate: number, saved: number, at: number): void {
    // Each thread says each thing once: one that has not heard yet what others know already does not take it back with every new lane.
    const said = this.#said
    if (said?.rate === rate && said.saved === saved) return
    this.#said = { rate, saved }
    this.#cells.exclusively((values) => {
      const before = this.#is(values, OPEN) === 0 ? said?.rate : this.#is(values, RATE)
      this.#put(values, OPEN, 1)
      this.#put(values, RATE, rate)
      this.#put(values, SAVED, saved)
      if (before === undefined) this.#put(values, FLOOR, at - saved)
      else if (before === 0 && rate > 0) this.#mend(values, at)
      else if (before !== rate && rate > 0) this.#layOut(values, rate, at)
    })
  }

  /** The first free moment from `since` on. */
  freeFrom(since: number): number {
    return this.#cells.exclusively((values) => this.#freeFrom(values, since))
  }

  /** Takes the first `duration` milliseconds that are free from `since` on, and after what the lane has. Answers when they are over. */
  take(lane: Lane, bytes: number, since: number, duration: number): number {
    return this.#cells.exclusively((values) => this.#take(values, lane, bytes, since, duration))
  }

  /** Gives back the time of the last `bytes` bytes of the lane. Answers when what is left of it is over. */
  giveBack(lane: Lane, bytes: number): number {
    return this.#cells.exclusively((values) => this.#giveBack(values, lane.number, bytes))
  }

  #freeFrom(values: Float64Array, since: number): number {
    let free = Math.max(since, this.#is(values, FLOOR))
    const count = this.#slots.count(values)
    for (let row = this.#slots.firstAbove(values, END, free); row < count; row++) {
      if (this.#slots.get(values, row, BEGIN) - free > DUST) return free
      free = Math.max(free, this.#slots.get(values, row, END))
    }
    return free
  }

  #take(values: Float64Array, lane: Lane, bytes: number, since: number, duration: number): number {
    if (lane.number === 0) lane.number = this.#nextNumber(values, since)
    this.#put(values, CHANGES, this.#is(values, CHANGES) + 1)
    let bytesLeft = bytes
    let left = duration
    let free = Math.max(since, lane.freeAt)
    do {
      // So much waits that it cannot all be kept: what is first in time keeps it, and cannot give it back any more.
      if (this.#slots.count(values) === MOST_SLOTS) this.#forget(values, REMEMBERED)
      free = this.#freeFrom(values, free)
      const row = this.#slots.firstAbove(values, END, free)
      const busyFrom = row < this.#slots.count(values) ? this.#slots.get(values, row, BEGIN) : Infinity
      const room = busyFrom - free
      const whole = left <= room + Math.min(DUST, duration / 1000)
      const share = whole ? bytesLeft : (bytes * room) / duration
      const end = Math.min(free + left, busyFrom)
      this.#add(values, row, { lane: lane.number, begin: free, end, bytes: share, piece: bytes, since })
      bytesLeft -= share
      left = whole ? 0 : left - room
      free = end
    } while (left > 0)
    this.#forgetCrossed(values, since + this.#is(values, SAVED))
    return free
  }

  /** Where cells have begun anew, lanes from before are still there: microseconds of the clock are ahead of all their numbers. */
  #nextNumber(values: Float64Array, at: number): number {
    const latest = this.#is(values, LANES)
    const number = 1 + (latest > 0 ? latest : Math.floor(Math.min(Math.max(0, at * 1000), 2 ** 52)))
    this.#put(values, LANES, number)
    return number
  }

  #add(values: Float64Array, row: number, slot: Slot): void {
    if (row > 0 && this.#continues(values, row - 1, slot)) {
      this.#slots.set(values, row - 1, END, slot.end)
      this.#slots.set(values, row - 1, BYTES, this.#slots.get(values, row - 1, BYTES) + slot.bytes)
      return
    }
    this.#slots.insert(values, row)
    this.#write(values, row, slot)
  }

  /** The piece that comes right behind a slot, is of the same read and crosses as fast, belongs to it. */
  #continues(values: Float64Array, row: number, { lane, begin, end, bytes, piece, since }: Slot): boolean {
    const slots = this.#slots
    if (slots.get(values, row, LANE) !== lane || slots.get(values, row, END) !== begin) return false
    const size = slots.get(values, row, PIECE)
    if (slots.get(values, row, SINCE) !== since || bytes !== piece || piece > size) return false
    const carried = slots.get(values, row, BYTES)
    if (Math.floor(carried / size) * size !== carried) return false
    const duration = end - begin
    const expected = ((begin - slots.get(values, row, BEGIN)) / carried) * bytes
    return Math.abs(duration - expected) <= DUST * (1 + duration)
  }

  #giveBack(values: Float64Array, lane: number, bytes: number): number {
    const slots = this.#slots
    const returned: Slot[] = []
    let left = bytes
    let row = slots.count(values) - 1
    /** What is behind `closed` has closed up already; what goes begins at `open`. */
    let open = row + 1
    let closed = open
    for (; row >= 0; row--) {
      if (slots.get(values, row, LANE) !== lane) continue
      const slot = this.#read(values, row)
      if (slot.bytes > left + DUST) break
      returned.push(slot)
      left -= slot.bytes
      closed -= open - (row + 1)
      slots.move(values, row + 1, open, closed)
      open = row
    }
    slots.remove(values, open, closed)
    this.#returned = returned
    this.#returnedAt = this.#is(values, CHANGES) + 1
    this.#put(values, CHANGES, this.#returnedAt)
    if (row < 0) return -Infinity
    if (left > DUST) {
      const slot = this.#read(values, row)
      const [rest, back] = cutAfter(slot, slot.bytes - left)
      this.#write(values, row, rest)
      returned.push(back)
    }
    return slots.get(values, row, END)
  }

  /** Who waited at the cut will ask again; what was under way for those that are gone by now is no more. */
  #mend(values: Float64Array, at: number): void {
    this.#slots.remove(values, 0, this.#slots.count(values))
    this.#put(values, FLOOR, at)
  }

  #layOut(values: Float64Array, rate: number, at: number): void {
    // One under way becomes two.
    if (this.#slots.count(values) === MOST_SLOTS) this.#forget(values, 1)
    const all = Array.from({ length: this.#slots.count(values) }, (_, row) => this.#read(values, row))
    const parts = all.map((slot) => crossedBy(at, slot))
    const slots = parts.flatMap(([crossed]) => crossed ?? [])
    const waiting = parts.flatMap(([, rest]) => rest ?? [])
    const latest = this.#returnedAt === this.#is(values, CHANGES) ? this.#returned : []
    const returned = new Set(latest.filter(({ end }) => end > at))
    const ahead = [...waiting, ...returned].sort((a, b) => a.begin - b.begin)
    let free = Math.min(ahead[0]?.begin ?? at, at)
    for (const slot of ahead) {
      const begin = Math.max(free, slot.since)
      free = begin + (slot.bytes / rate) * 1000
      if (!returned.has(slot)) slots.push({ ...slot, begin, end: free })
    }
    this.#returned = []
    this.#slots.remove(values, 0, all.length)
    for (const [row, slot] of slots.entries()) {
      this.#slots.insert(values, row)
      this.#write(values, row, slot)
    }
    // What waits and has been forgotten asks again, too.
    this.#put(values, FLOOR, Math.min(this.#is(values, FLOOR), at))
  }

  /** Keeps the memory small: goes without the oldest slots, if they are over by `at`. */
  #forgetCrossed(values: Float64Array, at: number): void {
    if (this.#slots.count(values) <= REMEMBERED || this.#slots.get(values, REMEMBERED / 2 - 1, END) > at) return
    this.#forget(values, REMEMBERED / 2)
  }

  /** Goes without the first `count` slots. From then on all the time until their end counts as used. */
  #forget(values: Float64Array, count: number): void {
    this.#put(values, FLOOR, Math.max(this.#is(values, FLOOR), this.#slots.get(values, count - 1, END)))
    this.#slots.remove(values, 0, count)
  }

  #read(values: Float64Array, row: number): Slot {
    const of = (column: number): number => this.#slots.get(values, row, column)
    return { lane: of(LANE), begin: of(BEGIN), end: of(END), bytes: of(BYTES), piece: of(PIECE), since: of(SINCE) }
  }

  #write(values: Float64Array, row: number, { lane, begin, end, bytes, piece, since }: Slot): void {
    this.#slots.set(values, row, LANE, lane)
    this.#slots.set(values, row, BEGIN, begin)
    this.#slots.set(values, row, END, end)
    this.#slots.set(values, row, BYTES, bytes)
    this.#slots.set(values, row, PIECE, piece)
    this.#slots.set(values, row, SINCE, since)
  }

  #is(values: Float64Array, what: number): number {
    return values[this.#offset + what] ?? 0
  }

  #put(values: Float64Array, what: number, value: number): void {
    values[this.#offset + what] = value
  }
}

/** What one session sends through a shared pipe, in order. To its stage it is what `Turns` is to one that has a pipe for itself. */
export class Lane {
  readonly pipe: SharedPipe
  /** Given by the pipe with the first time that it takes; 0 = not yet. */
  number = 0
  #freeAt = -Infinity
  /** Bytes at the end that never cross: the pipe is cut, or they wait in front of it for ever. They take no time of the pipe. */
  #stuck = 0

  constructor(pipe: SharedPipe) {
    this.pipe = pipe
  }

  /** When the last bytes of this lane have crossed. */
  get freeAt(): number {
    return this.#stuck > 0 ? Infinity : this.#freeAt
  }

  /** When bytes that could begin at `since` would. */
  begins(since: number): number {
    return this.#stuck > 0 ? Infinity : this.pipe.freeFrom(Math.max(since, this.#freeAt))
  }

  take(bytes: number, since: number, duration: number): void {
    if (this.#stuck > 0 || since === Infinity || duration === Infinity) this.#stuck += bytes
    else this.#freeAt = this.pipe.take(this, bytes, since, duration)
  }

  welcomeAt(behind: number): number {
    return Math.max(behind, this.freeAt - LEAD_MS)
  }

  takeBack(bytes: number): void {
    const stuck = Math.min(this.#stuck, bytes)
    this.#stuck -= stuck
    if (bytes > stuck) this.#freeAt = this.pipe.giveBack(this, bytes - stuck)
  }
}
