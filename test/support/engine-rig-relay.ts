import { EventEmitter } from 'node:events'
import { Duplex } from 'node:stream'
import type { AbortHow } from '../../src/core/outlet.ts'
import type { FaultLimits, FaultPlan } from '../../src/core/plan.ts'
import type { Direction, Ending } from '../../src/core/words.ts'
import { Budget } from '../../src/engine/budget.ts'
import { Chain } from '../../src/engine/chain.ts'
import { DecisionLog } from '../../src/engine/decision-log.ts'
import type { EngineEvents } from '../../src/engine/events.ts'
import { FaultSet } from '../../src/engine/fault-set.ts'
import { Limits } from '../../src/engine/limits.ts'
import type { PeerSocket } from '../../src/engine/peer-socket.ts'
import { ReadMemory } from '../../src/engine/read-memory.ts'
import { ProxyCounters } from '../../src/engine/proxy-counters.ts'
import { Relay, type RelayOwner } from '../../src/engine/relay.ts'
import { Scheduler } from '../../src/engine/scheduler.ts'
import type { EngineShared } from '../../src/engine/shared.ts'
import { Selection } from '../../src/engine/selection.ts'
import { faultFactory } from '../../src/faults/index.ts'
import { ManualClock } from './manual-clock.ts'
import { shown, time } from './recording-outlet.ts'

/** A stream of Node's own, with its real queue, marks and events; only the kernel below it is played. */
class Destination extends Duplex {
  /** Whether the kernel takes what is written. */
  taking = true
  #pending: (() => void) | undefined
  readonly #onBytes: (bytes: Buffer) => void
  readonly #onEnd: () => void

  constructor(onBytes: (bytes: Buffer) => void, onEnd: () => void) {
    super({ writableHighWaterMark: 16_384, allowHalfOpen: true })
    this.#onBytes = onBytes
    this.#onEnd = onEnd
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    const take = (): void => {
      this.#onBytes(bytes)
      done()
    }
    if (this.taking) take()
    else this.#pending = take
  }

  override _final(done: () => void): void {
    this.#onEnd()
    done()
  }

  /** The kernel takes what waits, and whatever comes. */
  unblock(): void {
    this.taking = true
    const pending = this.#pending
    this.#pending = undefined
    pending?.()
  }
}

/** The socket that the relay reads: what has come and is not read waits in the kernel. */
class Source extends Duplex {
  reading = true
  readonly #relay: () => Relay
  #kernel = Buffer.alloc(0)

  constructor(relay: () => Relay) {
    super()
    this.#relay = relay
  }

  override _read(): void {}

  override resume(): this {
    this.reading = true
    this.#pump()
    return this
  }

  get unread(): number {
    return this.#kernel.length
  }

  receive(bytes: Buffer): void {
    this.#kernel = Buffer.concat([this.#kernel, bytes])
    this.#pump()
  }

  #pump(): void {
    while (this.reading && this.#kernel.length > 0) {
      const { onread } = this.#relay().reader
      const into = typeof onread.buffer === 'function' ? onread.buffer() : onread.buffer
      if (!(into instanceof Uint8Array)) throw new Error('no memory to read into')
      const count = this.#kernel.copy(into)
      this.#kernel = this.#kernel.subarray(count)
      if (!onread.callback(count, into)) this.reading = false
    }
  }
}

/** What a relay uses of a socket is what every stream has. */
function asPeer(stream: Duplex): PeerSocket {
  return stream as unknown as PeerSocket
}

export interface RelayRigOptions {
  readonly sessionBudget?: number
  readonly processBudget?: Budget
  readonly ordinal?: number
  readonly seed?: number
  /** Of all faults together. */
  readonly limits?: FaultLimits
}

/**
 * The downstream direction of one session in manual time: real relay, chain, queue, scheduler and stages. What the client would see is
 * written down in `lines`: `"hello" @ 250`, `end @ 250`, `reset @ 300 (injected: reset_peer)`.
 */
export class RelayRig implements RelayOwner {
  readonly clock = new ManualClock()
  readonly events = new EventEmitter<EngineEvents>()
  readonly lines: string[] = []
  readonly output: Buffer[] = []
  readonly shared: EngineShared
  readonly proxy = 'test'
  readonly ordinal: number
  readonly relay: Relay
  readonly chain: Chain
  readonly source: Source
  readonly destination: Destination
  readonly counters = new ProxyCounters()
  readonly faultSet: FaultSet
  readonly selection: Selection
  over = false

  constructor({
    sessionBudget = 2 ** 24,
    processBudget = new Budget(2 ** 28),
    ordinal = 1,
    seed = 1,
    limits,
  }: RelayRigOptions = {}) {
    this.ordinal = ordinal
    const decisions = new DecisionLog(seed, 1000)
    const engine: Pick<
      EngineShared,
      'seed' | 'factory' | 'clock' | 'scheduler' | 'memory' | 'budget' | 'sessionBudget' | 'decisions' | 'limits'
    > = {
      seed,
      factory: faultFactory,
      clock: this.clock,
      scheduler: new Scheduler(this.clock),
      memory: new ReadMemory(),
      budget: processBudget,
      sessionBudget,
      decisions,
      limits: new Limits({ clock: this.clock, decisions, events: this.events, limits }),
    }
    this.shared = engine as EngineShared
    this.relay = new Relay('downstream', this.shared, this, { received: 0, sent: 0 })
    const place = { shared: this.shared, proxy: 'db', ordinal, id: '1', clientAddress: '127.0.0.1:1' }
    this.selection = new Selection(place)
    this.faultSet = new FaultSet(this.shared, this.proxy, this.counters, () => this.#faultsMoved())
    this.chain = new Chain(this.selection, this.relay)
    this.source = new Source(() => this.relay)
    this.destination = new Destination(
      (bytes) => {
        this.output.push(Buffer.from(bytes))
        this.#log(shown(bytes))
      },
      () => this.#log('end'),
    )
    this.destination.on('drain', () => this.relay.drained())
    this.relay.connect(asPeer(this.source), asPeer(this.destination))
  }

  get decisions(): DecisionLog {
    return this.shared.decisions
  }

  get scheduler(): Scheduler {
    return this.shared.scheduler
  }

  get text(): string {
    return Buffer.concat(this.output).toString('latin1')
  }

  faults(...faults: readonly FaultPlan[]): void {
    this.faultSet.update(faults, 0)
    this.#faultsMoved()
  }

  #faultsMoved(): void {
    this.selection.forgetBut(this.faultSet.now)
    this.chain.update(this.faultSet.now, this.clock.now())
  }

  /** Bytes come from the source now, or after `wait` milliseconds. */
  receive(bytes: string | Buffer, wait = 0): void {
    this.clock.advance(wait)
    this.source.receive(Buffer.from(bytes))
  }

  delivered(): void {}

  abort(_direction: Direction, how: AbortHow, ending: Ending): void {
    this.#log(`${how} (${ending.origin}: ${ending.reason})`)
    this.over = true
    this.relay.close()
    this.chain.close()
  }

  chainRan(): void {
    this.chain.rescheduleWakers()
  }

  /** Lets streams tell what they tell a tick later (`drain`). */
  async tick(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }

  #log(what: string): void {
    const [first = '', ...rest] = what.split(' (')
    this.lines.push([`${first} @ ${time(this.clock.now())}`, ...rest].join(' ('))
  }
}
