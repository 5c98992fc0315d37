import type { EventEmitter } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import { defined } from '../../core/defined.ts'
import { FoulweatherError } from '../../core/errors.ts'
import type { DataPlane } from '../../engine/data-plane.ts'
import type { EngineEvents } from '../../engine/events.ts'
import { boundedJson } from './bounded-json.ts'
import { type Change, type ChangeSource, changeJson, profileOf } from './change.ts'
import { compileFilter, type EventFilter, kindsOf } from './filter.ts'
import { Lingering } from './lingering.ts'
import { MISSED_TEXTS, missedSince, type MissedReason } from './missed.ts'
import { newEpoch, type Position, positionText } from './position.ts'
import { EventRing, type HubEvent } from './ring.ts'
import { FaultSampler } from './sampler.ts'
import { type EventFields, SessionSource } from './session-source.ts'
import { LIMIT_TYPE, MISSED_TYPE, SAMPLE_TYPE } from './types.ts'

export interface EventHubOptions {
  readonly control: { readonly events: ChangeSource; readonly clock: Clock }
  readonly dataPlane: Pick<DataPlane, 'snapshot'> & { readonly events: EventEmitter<EngineEvents> }
  /** Default: that of the control plane. */
  readonly clock?: Clock
  /** How many changes can be looked back on, and how many events of sessions beside them. Default: 1000. */
  readonly kept?: number
}

/** What a subscriber does. */
export interface Subscriber {
  /** Told of each event at once: it must not throw, and must not take long. */
  readonly take: (event: HubEvent) => void
  /** There will be no more. */
  readonly end: () => void
}

export interface Subscription {
  /** The id behind which `replay` goes on. */
  readonly position: string
  /** What has to be said first: that there were events which are gone. */
  readonly missed: Buffer | undefined
  /** What it has not seen yet, oldest first. */
  readonly replay: readonly HubEvent[]
  readonly leave: () => void
}

/** Bytes of each of the two rings. */
const RING_BYTES = 4 * 2 ** 20

const MOST_SUBSCRIBERS = 100

/** Of sessions, and of faults that have acted. */
const MOST_IN_A_SECOND = 200

/** How long sessions are told of when nobody listens any more, milliseconds: whoever was cut off comes back. */
const LINGER_MS = 60_000

/** Numbers everything that happens, keeps the latest of it, and tells whoever listens. */
export function createEventHub(options: EventHubOptions): EventHub {
  return new EventHub(options)
}

export class EventHub {
  readonly clock: Clock
  /** Subscribers that were dropped because they did not keep up. */
  dropped = 0
  readonly #epoch = newEpoch()
  readonly #changes: EventRing
  readonly #traffic: EventRing
  readonly #sessions: Lingering
  readonly #samples: Lingering
  readonly #detach: readonly (() => void)[]
  readonly #subscribers = new Set<{ readonly wants: (event: HubEvent) => boolean; readonly subscriber: Subscriber }>()
  #last = 0
  #sessionsSince: number | undefined
  #samplesSince: number | undefined
  #closed = false

  constructor({ control, dataPlane, clock = control.clock, kept = 1000 }: EventHubOptions) {
    this.clock = clock
    this.#changes = new EventRing({ events: kept, bytes: RING_BYTES })
    this.#traffic = new EventRing({ events: kept, bytes: RING_BYTES })
    this.#sessions = this.#watchSessions(dataPlane.events)
    this.#samples = this.#watchFaults(dataPlane)
    this.#detach = [this.#watchChanges(control.events), this.#watchEngine(dataPlane.events)]
  }

  /** How many listen. */
  get subscribers(): number {
    return this.#subscribers.size
  }

  /** The id of the latest event, or what stands for it. */
  get position(): string {
    return this.#idOf(this.#last)
  }

  /**
   * Everything from now on or, with `after`, everything behind that event. There is no gap between `replay` and what is told, and nothing in both.
   *
   * @throws FoulweatherError `too_many_subscribers`.
   */
  subscribe(filter: EventFilter, after: Position | undefined, subscriber: Subscriber): Subscription {
    if (this.#subscribers.size >= MOST_SUBSCRIBERS) throw tooMany()
    const wants = compileFilter(filter)
    const resumed = this.#resume(filter, after, wants)
    if (this.#closed) {
      queueMicrotask(() => subscriber.end())
      return { ...resumed, leave: () => {} }
    }
    const kinds = kindsOf(filter)
    const watched = [kinds.sessions && this.#sessions, kinds.samples && this.#samples].filter(
      (watch) => watch !== false,
    )
    for (const watch of watched) watch.join()
    const entry = { wants, subscriber }
    this.#subscribers.add(entry)
    const leave = (): void => {
      if (this.#subscribers.delete(entry)) for (const watch of watched) watch.leave()
    }
    // Listening may have begun just now: what is told comes behind that.
    return { ...resumed, ...(after === undefined ? { position: this.position } : {}), leave }
  }

  /** Nothing is told any more; whoever listens is told so. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const detach of this.#detach) detach()
    for (const { subscriber } of this.#subscribers) subscriber.end()
    this.#sessions.close()
    this.#samples.close()
  }

  #resume(
    filter: EventFilter,
    after: Position | undefined,
    wants: (event: HubEvent) => boolean,
  ): Pick<Subscription, 'position' | 'missed' | 'replay'> {
    if (after === undefined) return { position: this.position, missed: undefined, replay: [] }
    const restarted = after.epoch !== this.#epoch
    const number = restarted ? 0 : Math.min(after.number, this.#last)
    const reason = restarted ? 'restarted' : missedSince(number, kindsOf(filter), this.#kept())
    const behind = [...this.#changes.after(number), ...this.#traffic.after(number)].filter(wants)
    return {
      position: this.#idOf(number),
      missed: reason === undefined ? undefined : this.#missedFrame(positionText(after), reason),
      replay: behind.sort((a, b) => a.number - b.number),
    }
  }

  #kept() {
    return {
      changesLost: this.#changes.lost,
      trafficLost: this.#traffic.lost,
      sessionsSince: this.#sessionsSince,
      samplesSince: this.#samplesSince,
    }
  }

  #watchChanges(events: ChangeSource): () => void {
    const tell = (change: Change): void => {
      const { action: type, proxy } = change
      this.#publish(this.#changes, { type, json: changeJson(change).kept, proxy, profile: profileOf(change) })
    }
    events.on('changed', tell)
    return () => events.off('changed', tell)
  }

  #watchEngine(events: EventEmitter<EngineEvents>): () => void {
    const started = (fields: EventFields): void => this.#tell(this.#changes, 'proxy-started', fields)
    const stopped = (fields: EventFields): void => this.#tell(this.#changes, 'proxy-stopped', fields)
    // A full fault says so each second: that must not push changes out.
    const crossed = (about: EngineEvents['limit-crossed'][0]): void =>
      this.#tell(this.#traffic, LIMIT_TYPE, { ...about })
    const died = (fields: EngineEvents['worker-died'][0]): void => this.#tell(this.#changes, 'worker-died', fields)
    const replaced = (fields: EngineEvents['worker-replaced'][0]): void =>
      this.#tell(this.#changes, 'worker-replaced', fields)
    events.on('proxy-started', started).on('proxy-stopped', stopped).on(LIMIT_TYPE, crossed)
    events.on('worker-died', died).on('worker-replaced', replaced)
    return () => {
      events.off('proxy-started', started).off('proxy-stopped', stopped).off(LIMIT_TYPE, crossed)
      events.off('worker-died', died).off('worker-replaced', replaced)
    }
  }

  #watchSessions(events: EventEmitter<EngineEvents>): Lingering {
    const source = new SessionSource({
      events,
      clock: this.clock,
      most: MOST_IN_A_SECOND,
      tell: (type, fields) => this.#tell(this.#traffic, type, fields),
    })
    return new Lingering({
      clock: this.clock,
      lingerMs: LINGER_MS,
      start: () => {
        this.#sessionsSince = ++this.#last
        source.start()
      },
      stop: () => {
        source.stop()
        this.#sessionsSince = undefined
      },
    })
  }

  #watchFaults(dataPlane: Pick<DataPlane, 'snapshot'>): Lingering {
    const sampler = new FaultSampler({
      dataPlane,
      clock: this.clock,
      most: MOST_IN_A_SECOND,
      tell: (sample) => this.#tell(this.#traffic, SAMPLE_TYPE, { ...sample }),
    })
    return new Lingering({
      clock: this.clock,
      lingerMs: LINGER_MS,
      start: () => {
        this.#samplesSince = ++this.#last
        sampler.start()
      },
      stop: () => {
        sampler.stop()
        this.#samplesSince = undefined
      },
    })
  }

  #tell(ring: EventRing, type: string, fields: EventFields): void {
    const { kept: json } = boundedJson({ time: new Date().toISOString(), ...fields })
    this.#publish(ring, { type, json, proxy: fields.proxy, profile: undefined })
  }

  #publish(
    ring: EventRing,
    {
      type,
      json,
      proxy,
      profile,
    }: Pick<HubEvent, 'type'> & Record<'proxy' | 'profile', string | undefined> & { json: string },
  ): void {
    const number = ++this.#last
    const id = this.#idOf(number)
    const data = `{"id":"${id}","type":"${type}",${json.slice(1)}`
    const frame = Buffer.from(`id: ${id}\nevent: ${type}\ndata: ${data}\n\n`)
    const event = { number, id, type, ...defined({ proxy, profile }), frame }
    ring.add(event)
    for (const { wants, subscriber } of this.#subscribers) if (wants(event)) subscriber.take(event)
  }

  /** Without an id: it has no place in the order, and does not move the subscriber on. */
  #missedFrame(after: string, reason: MissedReason): Buffer {
    const time = new Date().toISOString()
    const data = { type: MISSED_TYPE, time, after, reason, text: MISSED_TEXTS[reason] }
    return Buffer.from(`event: ${MISSED_TYPE}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #idOf(number: number): string {
    return positionText({ epoch: this.#epoch, number })
  }
}

function tooMany(): FoulweatherError {
  const text = `${MOST_SUBSCRIBERS} subscribers listen to events already; expected that one of them leaves first`
  return new FoulweatherError('too_many_subscribers', text, { expected: `at most ${MOST_SUBSCRIBERS} subscribers` })
}
