import type { AbortHow, Outlet, Stage } from '../../src/core/outlet.ts'
import { plainCells, type Cells } from '../../src/core/cells.ts'
import { randomFor, type Random } from '../../src/core/random.ts'
import type { FaultCounters, MessageFacts, StageContext } from '../../src/core/fault-factory.ts'
import type { Direction, Ending } from '../../src/core/words.ts'
import { effectOf, faultDefinition, faultFactory, parseParams } from '../../src/faults/index.ts'
import { PassThrough } from '../../src/faults/pass-through.ts'
import { AssertionInlet, AssertionOutlet } from './assertion-outlet.ts'
import { ManualClock } from './manual-clock.ts'
import { shown, time } from './recording-outlet.ts'

/** A fault of a test. The same object in two lists is the same, unchanged fault. */
export interface TestFault {
  readonly type: string
  readonly params?: Readonly<Record<string, unknown>>
  /** Default: the type. */
  readonly name?: string
  /** What the draw said. Default: `true`. */
  readonly selected?: boolean
}

interface Slot {
  readonly fault: TestFault
  readonly name: string
  readonly stage: Stage
  readonly outlet: AssertionOutlet
  readonly inlet: AssertionInlet
  readonly timing: boolean
  readonly selected: boolean
}

/** Where stages of one fault meet: hand the same one to several chains to make these directions of a session, or sessions of a proxy. */
export class SharedObjects {
  readonly #byFault = new Map<string, object>()
  readonly #cells: Map<string, Cells>

  /** @param otherThread of the same proxy: objects are apart, and cells are the same. */
  constructor(otherThread?: SharedObjects) {
    this.#cells = otherThread === undefined ? new Map<string, Cells>() : otherThread.#cells
  }

  /** As many as the type of the fault says. */
  readonly cellsOf =
    (fault: string, type = fault): StageContext['cells'] =>
    () => {
      const known = this.#cells.get(fault) ?? plainCells(faultFactory.cells(type))
      this.#cells.set(fault, known)
      return known
    }

  readonly of = (fault: string): StageContext['shared'] => {
    const byFault = this.#byFault
    return function shared<T extends object>(_scope: 'session' | 'proxy', make: () => T): T {
      const known = byFault.get(fault) ?? make()
      byFault.set(fault, known)
      // What a fault has made under its own name is what it asks for again.
      return known as T
    }
  }
}

export interface ChainOptions {
  readonly randomOf?: (name: string) => Random
  readonly direction?: Direction
  /** Chains that meet have to run on one clock. */
  readonly clock?: ManualClock
  readonly shared?: SharedObjects
  /** The bytes are the body of this message. */
  readonly message?: MessageFacts
}

type Item =
  | { readonly kind: 'chunk'; at: number; readonly arrival: number; readonly bytes: Buffer }
  | { readonly kind: 'end'; at: number; readonly arrival: number }
  | { readonly kind: 'abort'; at: number; readonly arrival: number; readonly how: AbortHow; readonly ending: Ending }

/**
 * One direction of one session without sockets: faults are put in, changed and taken out as the engine does it, every stage stands between
 * assertions, and what a peer would see is written down in `lines` when it is due: `100 bytes @ 250`, `end @ 250`.
 */
export class FaultChain {
  readonly clock: ManualClock
  /** What the faults put on record: `slow: stall @ 20 {"ms":200}`. */
  readonly records: string[] = []
  readonly lines: string[] = []
  readonly delivered: { readonly bytes: Buffer; readonly at: number }[] = []
  readonly sent: Buffer[] = []
  /** From when on the chain welcomes more input; what the last chunk was answered. */
  welcomeAt = -Infinity
  readonly counters = new Map<string, FaultCounters>()
  readonly #randomOf: (name: string) => Random
  readonly #direction: Direction
  readonly #shared: SharedObjects
  readonly #message: MessageFacts | undefined
  #slots: readonly Slot[] = []
  #queue: Item[] = []
  #arrival = 0
  #over = false
  #timer: object | undefined
  readonly #sink: Outlet = {
    chunk: (bytes, at) => {
      this.#push({ kind: 'chunk', at, arrival: this.#arrival, bytes })
      return -Infinity
    },
    end: (at) => this.#push({ kind: 'end', at, arrival: this.#arrival }),
    abort: (at, how, ending) => this.#push({ kind: 'abort', at, arrival: this.#arrival, how, ending }),
  }

  constructor(faults: readonly TestFault[] = [], options: ChainOptions = {}) {
    const { randomOf = (name) => randomFor(1, name), direction = 'downstream' } = options
    this.#randomOf = randomOf
    this.#direction = direction
    this.#shared = options.shared ?? new SharedObjects()
    this.#message = options.message
    this.clock = options.clock ?? new ManualClock()
    this.set(...faults)
  }

  /** Bytes that wait. */
  get held(): Buffer {
    return Buffer.concat(this.#queue.flatMap((item) => (item.kind === 'chunk' ? [item.bytes] : [])))
  }

  /** Anything waits: bytes, or an end. */
  get waits(): boolean {
    return this.#queue.length > 0
  }

  /** The session was closed or reset. */
  get over(): boolean {
    return this.#over
  }

  /** An end of the session waits for its time. */
  get ending(): boolean {
    return this.#queue.some(({ kind }) => kind === 'abort')
  }

  get output(): Buffer {
    return Buffer.concat(this.delivered.map(({ bytes }) => bytes))
  }

  get input(): Buffer {
    return Buffer.concat(this.sent)
  }

  /** How often the fault acted. */
  applied(name: string): number {
    return this.counters.get(name)?.applied ?? 0
  }

  /** Bytes come in now: a text, or a number of bytes that are all different from their neighbours. */
  send(what: string | number | Buffer): void {
    if (this.#over) return
    const bytes = typeof what === 'number' ? filler(what) : Buffer.from(what)
    this.sent.push(bytes)
    this.#feed((first, now) => {
      this.welcomeAt = first.chunk(bytes, now)
    })
  }

  end(): void {
    this.#feed((first, now) => first.end(now))
  }

  /** The source was reset or failed. */
  abort(how: AbortHow, ending: Ending = { origin: 'client', reason: how }): void {
    this.#feed((first, now) => first.abort(now, how, ending))
  }

  advanceTo(at: number): void {
    this.clock.advanceTo(at)
  }

  /** Puts these faults in force: the one live change that adds, updates and removes. */
  set(...faults: readonly TestFault[]): void {
    const now = this.clock.now()
    const before = this.#slots
    const after = faults.map((fault) => before.find((slot) => slot.fault === fault) ?? this.#slot(fault, before))
    this.#slots = after
    this.#retime(
      before.filter(isTiming),
      after.filter(isTiming),
      after.filter((slot) => !before.includes(slot)),
    )
    this.#link(after)
    for (const slot of before) {
      if (after.some(({ name }) => name === slot.name)) continue
      slot.outlet.next = this.#sink
      slot.outlet.callAt = now
      this.#arrival = now
      slot.stage.removed?.(now)
    }
    this.#release()
  }

  /** No stage has modified what it was given or has given. */
  verify(): void {
    for (const slot of this.#slots) slot.outlet.verify()
  }

  #slot(fault: TestFault, before: readonly Slot[]): Slot {
    const name = fault.name ?? fault.type
    const definition = faultDefinition(fault.type)
    if (definition === undefined) throw new Error(`no fault ${fault.type}`)
    const counters = this.counters.get(name) ?? { seen: 0, selected: 0, applied: 0 }
    this.counters.set(name, counters)
    const params = parseParams(fault.type, fault.params ?? {})
    const context: StageContext = {
      random: this.#randomOf(name),
      counters,
      ending: { origin: 'injected', reason: name },
      direction: this.#direction,
      ...(this.#message === undefined ? {} : { message: this.#message }),
      shared: this.#shared.of(name),
      cells: this.#shared.cellsOf(name, fault.type),
      record: (at, what, detail) =>
        this.records.push(`${name}: ${what} @ ${time(at)}${detail === undefined ? '' : ` ${JSON.stringify(detail)}`}`),
    }
    const outlet = new AssertionOutlet(this.#sink)
    if (definition.stage === undefined) throw new Error(`${fault.type} has no stage`)
    const replaced = before.find((slot) => slot.name === name && slot.fault.type === fault.type)?.stage
    // With these parameters it may act elsewhere than on bytes.
    const stage = definition.stage(params, context, replaced) ?? new PassThrough()
    stage.next = outlet
    const inlet = new AssertionInlet(stage, outlet)
    return {
      fault,
      name,
      stage,
      outlet,
      inlet,
      timing: effectOf(definition, params) === 'timing',
      selected: fault.selected ?? true,
    }
  }

  #retime(old: readonly Slot[], current: readonly Slot[], joining: readonly Slot[]): void {
    const appended = old.every((slot, index) => slot === current[index])
    const held = appended && old.length === current.length ? [] : this.#queue
    if (held.length > 0) this.#queue = []
    const through = appended ? current.slice(old.length) : current
    if (!appended && held.length > 0) {
      const bytes = held.reduce((sum, item) => sum + (item.kind === 'chunk' ? item.bytes.length : 0), 0)
      for (const slot of old) {
        slot.stage.rewind?.(bytes)
        slot.outlet.reopen()
      }
    }
    const first = this.#link(through)
    const now = this.clock.now()
    for (const slot of joining) if (slot.selected) slot.stage.open?.(now)
    for (const item of held) {
      const at = appended ? item.at : item.arrival
      this.#arrival = item.arrival
      if (item.kind === 'chunk') first.chunk(item.bytes, at)
      else if (item.kind === 'end') first.end(at)
      else first.abort(at, item.how, item.ending)
    }
  }

  #link(slots: readonly Slot[]): Outlet {
    let next: Outlet = this.#sink
    for (const slot of slots.filter(({ selected }) => selected).reverse()) {
      slot.outlet.next = next
      next = slot.inlet
    }
    return next
  }

  #feed(give: (first: Outlet, now: number) => void): void {
    if (this.#over) return
    this.#arrival = this.clock.now()
    give(this.#slots.find(({ selected }) => selected)?.inlet ?? this.#sink, this.#arrival)
    this.#release()
  }

  #push(item: Item): void {
    item.at = Math.max(item.at, this.#queue.at(-1)?.at ?? -Infinity)
    this.#queue.push(item)
  }

  #release(): void {
    const now = this.clock.now()
    for (let head = this.#queue[0]; head !== undefined && head.at <= now && !this.#over; head = this.#queue[0]) {
      this.#queue.shift()
      if (head.kind === 'chunk') {
        this.delivered.push({ bytes: head.bytes, at: now })
        this.lines.push(`${shown(head.bytes)} @ ${time(now)}`)
      } else if (head.kind === 'end') {
        this.lines.push(`end @ ${time(now)}`)
      } else {
        this.#over = true
        this.lines.push(`${head.how} @ ${time(now)} (${head.ending.origin}: ${head.ending.reason})`)
      }
    }
    this.#arm(now)
  }

  #arm(now: number): void {
    if (this.#timer !== undefined) this.clock.clearTimer(this.#timer)
    this.#timer = undefined
    if (this.#over) return
    const waking = this.#slots.filter(({ selected, stage }) => selected && stage.wake !== undefined)
    const due = Math.min(this.#queue[0]?.at ?? Infinity, ...waking.map(({ stage }) => stage.wakeAt ?? Infinity))
    if (due === Infinity) return
    this.#timer = this.clock.setTimer(Math.max(0, due - now), () => {
      this.#timer = undefined
      for (const { stage, outlet } of waking) {
        const at = this.clock.now()
        if ((stage.wakeAt ?? Infinity) > at || this.#over) continue
        this.#arrival = at
        outlet.callAt = at
        stage.wake?.(at)
      }
      this.#release()
    })
  }
}

function isTiming(slot: Slot): boolean {
  return slot.timing && slot.selected
}

let filled = 0

/** Bytes that are told apart from their neighbours, over all that were ever asked for. */
function filler(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = 128 + (filled++ % 127)
  return bytes
}
