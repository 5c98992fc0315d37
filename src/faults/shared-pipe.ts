import { LEAD_MS } from './turns.ts'

/** How many slots are remembered. What came before them has mostly crossed for good. */
const REMEMBERED = 4096

/** Milliseconds and bytes that are only the rounding of sums: no piece looks for a free moment as short as that. */
const DUST = 1e-6

/**
 * A stretch of time in which the pipe carries bytes of one lane, and of nobody else. Pieces of one read that follow each other are one slot:
 * with one for each, a new rate for 300 sessions at 10 KB/s took a second.
 */
interface Slot {
  readonly lane: Lane
  readonly begin: number
  end: number
  /** A share of a piece that was split over free moments is no whole number. */
  bytes: number
  /** Bytes of each of its pieces; the last may have less. */
  readonly piece: number
  /** When each of them has crossed; the last is `end`. */
  readonly ends: number[]
  /** It may not begin before. */
  readonly since: number
}

/** The piece that comes right behind `before`, and is of the same read, belongs to the same slot. */
function continues(before: Slot, { lane, begin, bytes, piece, since }: Slot): boolean {
  const arePieces = before.bytes === before.ends.length * before.piece && bytes === piece && piece <= before.piece
  return arePieces && before.lane === lane && before.since === since && before.end === begin
}

/** The first `count` pieces, and those behind them. */
function split(slot: Slot, count: number): readonly [Slot, Slot] {
  const { piece, ends } = slot
  const end = ends[count - 1] ?? slot.begin
  const bytes = Math.min(slot.bytes, count * piece)
  return [
    { ...slot, end, bytes, ends: ends.slice(0, count) },
    { ...slot, begin: end, bytes: slot.bytes - bytes, ends: ends.slice(count) },
  ]
}

/** The first `bytes` bytes of a slot, and those behind them; a piece may be cut too. */
function cutAfter(slot: Slot, bytes: number): readonly [Slot, Slot] {
  const [before, behind] = split(slot, Math.floor((bytes + DUST) / slot.piece))
  const kept = bytes - before.bytes
  if (kept <= DUST) return [before, behind]
  const [under, last] = split(behind, 1)
  const end = under.end - (under.end - under.begin) * ((under.bytes - kept) / under.bytes)
  return [
    { ...slot, end, bytes, ends: [...before.ends, end] },
    { ...slot, begin: end, bytes: slot.bytes - bytes, ends: [under.end, ...last.ends] },
  ]
}

/**
 * A pipe that many share and that carries one piece at a time:
 *
 *     lane A  ████      ██
 *     lane B      ████      ████     each stretch of time belongs to one of them at most
 *
 * That is the whole of the cap: until any moment no more time has been used than has passed, so no more bytes than that time is worth.
 * A piece takes the first free time after its bytes are there, split over several free moments if need be. Bytes that have to pass again
 * give back exactly the time that they had; meanwhile nobody else can have moved into it, so they find it again when nothing has changed.
 * Nobody tells the pipe that a session is over: what it had waiting keeps its time, like packets in a router's queue whose receiver is gone.
 */
export class SharedPipe {
  /** By time; no two overlap. */
  #slots: Slot[] = []
  #notBefore = -Infinity
  /** `undefined` = no lane has been opened yet. */
  #rate: number | undefined
  #saved = 0
  /** What was given back last, until somebody takes time again: should the rate change in between, it keeps its place in the order. */
  #returned: ReadonlySet<Slot> = new Set()

  /**
   * A lane works at `rate` (bytes per second, 0 = cut) from `at` on, and the pipe saves up to `saved` milliseconds of it. At a new rate everything
   * that has not crossed yet is laid out anew in the same order, the piece under way from its beginning. A new pipe has saved all it
   * can, and one that was cut nothing.
   */
  open(rate: number, saved: number, at: number): void {
    const before = this.#rate
    this.#rate = rate
    this.#saved = saved
    if (before === undefined) this.#notBefore = at - saved
    else if (before === 0 && rate > 0) this.#mend(at)
    else if (before !== rate && rate > 0) this.#layOut(rate, at)
  }

  /** The first free moment from `since` on. */
  freeFrom(since: number): number {
    let free = Math.max(since, this.#notBefore)
    for (let index = this.#firstAfter(free); ; index++) {
      const slot = this.#slots[index]
      if (slot === undefined || slot.begin - free > DUST) return free
      free = Math.max(free, slot.end)
    }
  }

  /** Takes the first `duration` milliseconds that are free from `since` on, and after what the lane has. Answers when they are over. */
  take(lane: Lane, bytes: number, since: number, duration: number): number {
    this.#returned = new Set()
    let bytesLeft = bytes
    let left = duration
    let free = Math.max(since, lane.freeAt)
    do {
      free = this.freeFrom(free)
      const index = this.#firstAfter(free)
      const busyFrom = this.#slots[index]?.begin ?? Infinity
      const room = busyFrom - free
      const whole = left <= room + Math.min(DUST, duration / 1000)
      const share = whole ? bytesLeft : (bytes * room) / duration
      const end = Math.min(free + left, busyFrom)
      this.#add(index, { lane, begin: free, end, bytes: share, piece: bytes, ends: [end], since })
      bytesLeft -= share
      left = whole ? 0 : left - room
      free = end
    } while (left > 0)
    this.#forget(since + this.#saved)
    return free
  }

  #add(index: number, slot: Slot): void {
    const before = this.#slots[index - 1]
    if (before !== undefined && continues(before, slot)) {
      before.end = slot.end
      before.bytes += slot.bytes
      before.ends.push(slot.end)
    } else this.#slots.splice(index, 0, slot)
  }

  /** Gives back the time of the last `bytes` bytes of the lane. Answers when what is left of it is over. */
  giveBack(lane: Lane, bytes: number): number {
    const kept: Slot[] = []
    const returned = new Set<Slot>()
    let left = bytes
    let over = -Infinity
    for (const slot of this.#slots.toReversed()) {
      if (slot.lane === lane && slot.bytes <= left + DUST) {
        returned.add(slot)
        left -= slot.bytes
        continue
      }
      if (slot.lane !== lane) {
        kept.push(slot)
        continue
      }
      let rest = slot
      if (left > DUST) {
        const [whole, back] = cutAfter(slot, slot.bytes - left)
        returned.add(back)
        rest = whole
        left = 0
      }
      kept.push(rest)
      over = Math.max(over, rest.end)
    }
    this.#slots = kept.toReversed()
    this.#returned = returned
    return over
  }

  /** Who waited at the cut will ask again; what was under way for those that are gone by now is no more. */
  #mend(at: number): void {
    this.#slots = []
    this.#notBefore = Math.max(this.#notBefore, at)
  }

  #layOut(rate: number, at: number): void {
    const parts = this.#slots.map((slot) => split(slot, slot.ends.filter((end) => end <= at).length))
    const slots = parts.flatMap(([crossed]) => (crossed.ends.length > 0 ? crossed : []))
    const waiting = parts.flatMap(([, rest]) => (rest.ends.length > 0 ? rest : []))
    const returned = [...this.#returned].filter(({ end }) => end > at)
    const ahead = [...waiting, ...returned].sort((a, b) => a.begin - b.begin)
    let free = Math.min(ahead[0]?.begin ?? at, at)
    for (const slot of ahead) {
      const begin = Math.max(free, slot.since)
      const ends: number[] = []
      free = begin
      for (let left = slot.bytes; ends.length < slot.ends.length; left -= slot.piece) {
        free += (Math.min(slot.piece, left) / rate) * 1000
        ends.push(free)
      }
      if (!this.#returned.has(slot)) slots.push({ ...slot, begin, end: free, ends })
    }
    this.#slots = slots
    this.#returned = new Set()
  }

  /** Keeps the memory small: goes without the oldest slots, if they are over by `at`. From then on all the time until their end counts as used. */
  #forget(at: number): void {
    const newest = this.#slots[REMEMBERED / 2 - 1]
    if (this.#slots.length <= REMEMBERED || newest === undefined || newest.end > at) return
    this.#notBefore = Math.max(this.#notBefore, newest.end)
    this.#slots = this.#slots.slice(REMEMBERED / 2)
  }

  /** Index of the first slot that is not over at `at`. */
  #firstAfter(at: number): number {
    let low = 0
    let high = this.#slots.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#slots[middle]?.end ?? Infinity) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** What one session sends through a shared pipe, in order. To its stage it is what `Turns` is to one that has a pipe for itself. */
export class Lane {
  readonly pipe: SharedPipe
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
