import type { AbortHow, Outlet } from '../core/outlet.ts'
import type { Direction, Ending } from '../core/words.ts'
import type { BudgetWaiter } from './budget.ts'
import type { ByteCounters } from './data-plane.ts'
import type { PeerSocket } from './peer-socket.ts'
import { Reader } from './reader.ts'
import { RelayAccount } from './relay-account.ts'
import type { Intake, RelayOwner, RelayShared } from './relay-owner.ts'
import { ReleaseQueue, waitingRoom, type Held } from './release-queue.ts'
import type { Scheduled } from './scheduler.ts'

export type { Intake, RelayOwner, RelayShared } from './relay-owner.ts'

/**
 * Why a source is not read. Three reasons that come and go on their own; one mark for all of them capped a 20 ms latency at
 * 15 MiB/s where this runs at 945.
 */
const DESTINATION_SLOW = 1
const PIPE_THIN = 2
const MEMORY_FULL = 4

/** A pause shorter than this is not worth two system calls. */
const WORTH_PAUSING_MS = 1

/**
 * A source that is not read cannot tell that it has left. Where a fault welcomes no more bytes within the hour (a cut pipe), one more read
 * is made from time to time, as far as the session's budget goes.
 */
const NOT_WELCOME_MS = 3_600_000
const LOOK_AGAIN_MS = 15_000

/**
 * So many writes (about 3 ms), and the other sessions and the admin API have their turn: a read that a slicer has cut into single bytes
 * is 65 000 system calls, which kept the loop from everything else for 180 ms. The same for bytes, where a destination takes all at once.
 */
const WRITES_PER_TURN = 1024
const BYTES_PER_TURN = 4 * 1024 * 1024

/**
 * The I/O of one direction of one session: source → stages → release queue → destination.
 *
 * With no stage and nothing waiting, bytes go from the read memory straight to the kernel (`#forward`). Otherwise they are kept,
 * stamped by the chain, and written when they are due (`#stamp`, `release`).
 */
export class Relay implements Scheduled, BudgetWaiter {
  dueAt = 0
  heapIndex = -1
  readonly direction: Direction
  /** Of this session alone; `totals` counts the same over the proxy. */
  readonly bytes: ByteCounters = { received: 0, sent: 0 }
  readonly reader: Reader
  readonly queue = new ReleaseQueue()
  readonly shared: RelayShared
  readonly #account: RelayAccount
  readonly #owner: RelayOwner
  readonly #totals: ByteCounters
  #source: PeerSocket | undefined
  #destination: PeerSocket | undefined
  /** First stage, or the queue; `undefined` = no stage: the fast path. */
  #chain: Outlet | undefined
  #intake: Intake | undefined
  #paused = 0
  #welcomeAt = -Infinity
  /** The source has ended or failed: whatever it still gives is not ours to pass on. */
  #sourceOver = false
  #closed = false
  /** Closed, and reading on: nobody is to notice. */
  #swallowing = false

  constructor(direction: Direction, shared: RelayShared, owner: RelayOwner, totals: ByteCounters) {
    this.direction = direction
    this.shared = shared
    this.#owner = owner
    this.#totals = totals
    this.reader = new Reader(shared.memory, this)
    this.#account = new RelayAccount(shared, this.queue)
  }

  connect(source: PeerSocket, destination: PeerSocket): void {
    this.#source = source
    this.#destination = destination
  }

  /** What is read goes to `intake` first. */
  setIntake(intake: Intake): void {
    this.#intake = intake
  }

  /**
   * For the intake, within `act` or one of its own calls: `bytes` go on through the chain. `at` is later than now where they have been delayed
   * already; then that is when they arrive, for all that the chain makes of it.
   */
  pass(bytes: Buffer, at: number): number {
    this.queue.arrival = at
    return (this.#chain ?? this.queue).chunk(bytes, at)
  }

  /** As `pass`, for the orderly end of this direction. */
  passEnd(at: number): void {
    this.queue.arrival = at
    ;(this.#chain ?? this.queue).end(at)
  }

  /** As `pass`, for the end of the session. */
  passAbort(at: number, how: AbortHow, ending: Ending): void {
    this.queue.arrival = at
    ;(this.#chain ?? this.queue).abort(at, how, ending)
  }

  /** For the intake, when something has changed: it keeps that many bytes, which count like those that wait. */
  keeps(bytes: number): void {
    this.#account.kept = bytes
  }

  /** The first stage of the chain, whose last one writes to `queue`; `undefined` = none. What waits stays as it is. */
  setChain(first: Outlet | undefined): void {
    this.#chain = first
  }

  /**
   * The session is not let in yet, so that nothing goes on: what comes waits here. Only who reads notices that a client leaves, so that
   * as much is welcome as a request may have.
   */
  keepWaiting(): void {
    this.#chain = waitingRoom(this.queue)
    this.#source?.resume()
  }

  /** The session is open: what waited has come just now. */
  letIn(now: number): void {
    this.#chain = undefined
    this.queue.restamp(now)
  }

  /** After `letIn`, once the faults stand: what waited goes, and more is welcome. */
  goOn(now: number): void {
    this.forgetWelcome()
    this.release(now)
    this.#resume()
  }

  /** What waits leaves the queue, to be passed through a changed chain with `repass`; for the budgets it stays where it is. */
  takeHeld(): Held | undefined {
    return this.queue.takeAll()
  }

  /**
   * Passes what waited through the timing stages of a changed chain. `from: 'arrival'` counts the times anew; `'due'` adds to the
   * times that it has. An end of the session keeps its place behind the bytes before it.
   */
  repass(held: Held | undefined, timing: Outlet, from: 'arrival' | 'due'): void {
    this.#account.measureRoom()
    for (let item = held; item !== undefined; item = item.following) {
      const at = from === 'arrival' ? item.arrival : item.at
      this.queue.arrival = item.arrival
      this.queue.came = item.came
      if (item.kind === 'chunk') timing.chunk(item.bytes, at)
      else if (item.kind === 'end') timing.end(at)
      else timing.abort(at, item.how, item.ending)
    }
    this.queue.came = NaN
    this.#account.settle()
  }

  /** What waits is given on once more by `feed`, one after the other. */
  refeed(feed: (held: Held) => void, now: number): void {
    this.#account.measureRoom()
    for (let item = this.takeHeld(); item !== undefined; item = item.following) feed(item)
    this.queue.came = NaN
    this.#account.settle()
    this.releaseSoon(now)
  }

  /** For sources that hand over memory of their own (the way without `onread`). */
  readOwned(bytes: Buffer): boolean {
    this.bytes.received += bytes.length
    this.#totals.received += bytes.length
    if (this.#closed || this.#sourceOver) return this.#swallowing
    if (this.#intake === undefined) return this.#stamp(bytes)
    const plain = this.#intake.inspect(bytes)
    return this.#closed ? this.#swallowing : this.#stamp(bytes, plain)
  }

  /** The source has ended in an orderly way. */
  sourceEnded(): void {
    if (this.#sourceOver) return
    this.#sourceOver = true
    if (this.#intake === undefined) this.#feed((chain, now) => chain.end(now))
    else this.act(() => this.#intake?.ended())
  }

  /** The source has failed: whatever came before it goes first, then the session ends. */
  sourceFailed(how: AbortHow, ending: Ending): void {
    this.#sourceOver = true
    if (this.#intake === undefined) this.#feed((chain, now) => chain.abort(now, how, ending))
    else this.act(() => this.#intake?.failed(how, ending))
  }

  /** Lets something other than a read enter the chain: an end, or a stage that acts by itself. */
  #feed(give: (chain: Outlet, now: number) => void): void {
    if (this.#closed) return
    const now = this.shared.clock.now()
    this.queue.arrival = now
    this.#account.measureRoom()
    give(this.#chain ?? this.queue, now)
    this.#account.settle()
    if (this.#chain !== undefined) this.#owner.chainRan(this.direction)
    this.release(now)
  }

  /** Runs `act` (a stage waking or leaving) as input of this relay. */
  act(act: (now: number) => void): void {
    this.#feed((_chain, now) => act(now))
  }

  read(count: number, memory: Buffer): boolean {
    this.bytes.received += count
    this.#totals.received += count
    if (this.#closed || this.#sourceOver) return this.#swallowing
    const bytes = this.reader.view(count, memory)
    const plain = this.#intake === undefined ? count : this.#intake.inspect(bytes)
    if (this.#closed) return this.#swallowing
    if (plain === count && this.#chain === undefined && this.queue.empty) return this.#forward(bytes)
    return this.#stamp(this.reader.keep(count), plain)
  }

  /** The fast path. Invariant: memory that a pending write points into is not read into before that write is done. */
  #forward(bytes: Buffer): boolean {
    const destination = this.#destination
    if (destination === undefined) return false
    // Read on for nobody: only so is it noticed that the source leaves too.
    if (!destination.writable) return true
    this.#write(destination, bytes)
    if (this.#intake?.due === true) this.#intake.passed()
    if (this.#closed) return this.#swallowing
    if (destination.writableLength === 0) {
      this.reader.reuse(bytes.length)
      return true
    }
    if (destination.writableNeedDrain) {
      this.#paused |= DESTINATION_SLOW
      return false
    }
    // A small write is pending and no drain will tell of its end.
    this.reader.abandon()
    return true
  }

  /** The way through the chain; `bytes` is ours to keep. Those behind the first `plain` are the intake's. */
  #stamp(bytes: Buffer, plain = bytes.length): boolean {
    const { clock, budget, scheduler } = this.shared
    const now = clock.now()
    this.queue.arrival = now
    this.#account.measureRoom()
    let welcomeAt = -Infinity
    if (plain > 0) {
      const first = plain === bytes.length ? bytes : bytes.subarray(0, plain)
      welcomeAt = (this.#chain ?? this.queue).chunk(first, now)
    }
    if (plain < bytes.length && this.#intake !== undefined) {
      welcomeAt = Math.max(welcomeAt, this.#intake.take(bytes.subarray(plain)))
      if (this.#closed) return this.#swallowing
    }
    this.#account.settle()
    if (this.#chain !== undefined) this.#owner.chainRan(this.direction)
    if (welcomeAt > now + WORTH_PAUSING_MS) {
      this.#paused |= PIPE_THIN
      this.#welcomeAt = welcomeAt > now + NOT_WELCOME_MS ? now + LOOK_AGAIN_MS : welcomeAt
    }
    this.release(now)
    if (!this.#closed && this.#intake?.due === true) this.#intake.passed()
    // What was due may have been the end of the session: a relay that is closed must not be scheduled again.
    if (this.#closed) return this.#swallowing
    if (this.#account.full) this.#paused |= MEMORY_FULL
    else if (budget.exhausted && !this.queue.empty) {
      this.#paused |= MEMORY_FULL
      budget.wait(this)
    }
    if (this.#paused !== 0) scheduler.schedule(this, this.#nextDue(now))
    return this.#paused === 0
  }

  /** Writes what is due, as far as the destination takes it. */
  release(now: number): void {
    const destination = this.#destination
    if (destination === undefined || this.#closed) return
    let writes = 0
    let bytes = 0
    for (let head = this.queue.head; head !== undefined && head.at <= now; head = this.queue.head) {
      if (head.kind === 'abort') {
        this.#owner.abort(this.direction, head.how, head.ending)
        return
      }
      if (head.kind === 'chunk') {
        if (destination.writableNeedDrain || ++writes > WRITES_PER_TURN || bytes > BYTES_PER_TURN) break
        bytes += head.bytes.length
        if (destination.writable) this.#writeHeld(destination, head.bytes)
        this.queue.shift()
      } else {
        this.queue.shift()
        destination.end()
        this.#owner.delivered(this.direction)
      }
    }
    this.#account.settle()
    this.#afterRelease(destination, now)
  }

  /** Large memory is read into again once the kernel has taken what it held: fresh buffers cost more than all the rest. */
  #writeHeld(destination: PeerSocket, bytes: Buffer): void {
    const { memory } = this.shared
    if (!memory.isLent(bytes)) return this.#write(destination, bytes)
    this.#write(destination, bytes, (error) => {
      // Of what could not be written nobody knows who still points to it.
      if (!(error instanceof Error)) memory.gone(bytes)
    })
  }

  #write(destination: PeerSocket, bytes: Buffer, done?: (error?: Error | null) => void): void {
    destination.write(bytes, done)
    this.bytes.sent += bytes.length
    this.#totals.sent += bytes.length
  }

  #afterRelease(destination: PeerSocket, now: number): void {
    const slow = destination.writableNeedDrain
    if (slow) this.#paused |= DESTINATION_SLOW
    // A reset does not wait for a peer that takes nothing.
    const reset = slow && this.queue.resetAt <= now ? this.queue.waitingReset : undefined
    if (reset !== undefined) {
      this.#owner.abort(this.direction, reset.how, reset.ending)
      return
    }
    if (this.#paused & MEMORY_FULL && this.#account.roomAgain) this.#memoryFreed()
    this.shared.scheduler.schedule(this, this.#nextDue(now))
    if (this.#intake !== undefined && this.queue.empty) this.#intake.drained()
  }

  /** A session that holds nothing reads on even in a full process: those who fill it may never take what is held for them. */
  #memoryFreed(): void {
    if (this.shared.budget.exhausted && !this.queue.empty) {
      this.shared.budget.wait(this)
      return
    }
    this.shared.budget.forget(this)
    this.budgetFreed()
  }

  /** When something happens here by itself; `Infinity` = never. */
  get nextDue(): number {
    return this.heapIndex < 0 ? Infinity : this.dueAt
  }

  /** Never before `now`: what is left of this turn waits behind what others have had due for longer. */
  #nextDue(now: number): number {
    const thin = this.#paused & PIPE_THIN && !this.#sourceOver ? this.#welcomeAt : Infinity
    const head = this.queue.head
    if (head === undefined) return thin
    const due = this.#destination?.writableNeedDrain === true ? this.queue.resetAt : head.at
    return Math.max(now, Math.min(thin, due))
  }

  /**
   * What has become due by a change goes in a turn of its own: a change that reaches thousands of sessions must not make its caller wait
   * for all of their writes.
   */
  releaseSoon(now: number): void {
    if (!this.#closed) this.shared.scheduler.schedule(this, this.#nextDue(now))
  }

  /** The scheduler: something is due, or the thin pipe has room again. */
  fire(now: number): void {
    if (this.#paused & PIPE_THIN && this.#welcomeAt <= now) {
      this.#paused &= ~PIPE_THIN
      this.#resume()
    }
    this.release(now)
  }

  /** The destination has taken everything. */
  drained(): void {
    if (this.#closed) return
    this.#paused &= ~DESTINATION_SLOW
    if (!this.queue.empty) this.release(this.shared.clock.now())
    this.#resume()
  }

  budgetFreed(): void {
    this.#paused &= ~MEMORY_FULL
    this.#resume()
  }

  /** A chain that changed may welcome input earlier than the old one did. */
  forgetWelcome(): void {
    if ((this.#paused & PIPE_THIN) === 0) return
    this.#paused &= ~PIPE_THIN
    this.#resume()
  }

  /** The same, as soon as this relay has its turn: to be followed by `releaseSoon`. */
  welcomeSoon(now: number): void {
    this.#welcomeAt = Math.min(this.#welcomeAt, now)
  }

  #resume(): void {
    if (this.#paused !== 0 || this.#closed || this.#sourceOver) return
    if (this.#source?.destroyed === false) this.#source.resume()
  }

  /** The destination is gone and the source is not to know: it is read on, and what it sends is dropped. */
  swallow(): void {
    // What is still being written to the destination points into the memory.
    if (this.#destination !== undefined && this.#destination.writableLength > 0) this.reader.abandon()
    this.close()
    this.#swallowing = true
    this.#source?.resume()
  }

  /** The session is over: nothing is read, written or woken any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.shared.scheduler.cancel(this)
    this.shared.budget.forget(this)
    this.queue.takeAll()
    this.#account.kept = 0
    this.#account.settle()
  }
}
