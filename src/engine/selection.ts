import type { SkipReason } from '../core/decision.ts'
import { defined } from '../core/defined.ts'
import type { FaultContext } from '../core/fault-factory.ts'
import type { FaultPlan, Count } from '../core/plan.ts'
import { compilePattern } from '../core/pattern.ts'
import { randomFor, type Random } from '../core/random.ts'
import type { Direction } from '../core/words.ts'
import { clientMatch } from './client-match.ts'
import type { FaultAtWork, FaultNow } from './fault-at-work.ts'
import { NO_GAUGES, type Gauge } from './gauge.ts'
import type { EngineShared } from './shared.ts'
import { enter, isBeyond, leave, limitReached, weigh, weighSelected } from './weigh.ts'

/** The session that faults select or not. */
export interface SelectionPlace {
  readonly shared: Pick<EngineShared, 'seed' | 'decisions' | 'replay' | 'clock' | 'factory'>
  readonly proxy: string
  /** Of the session within its proxy. */
  readonly ordinal: number
  readonly id: string
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  /** The name that the client asks for in its TLS handshake, lower case; absent = none, or nobody has looked. */
  readonly servername?: string | undefined
}

/** What has been decided between one fault and this session. */
interface Choice {
  readonly work: FaultAtWork
  readonly draw: number
  readonly epoch: number | undefined
  /** The draw itself, in [0, 1): a probability that a ramp moves is held against the same number. */
  readonly drawn: number
  reason: SkipReason | undefined
  probability: number
  /** Where it stands among the sessions that matched by address; a new draw does not make it come again. */
  nth: number | undefined
  /** Counted as a session that the fault works on. */
  active: boolean
  shared: object | undefined
  /** The fault works on exchanges, and counts these instead. */
  readonly quiet: boolean
  /** The fault only counts what it would hit. */
  readonly shadow: boolean
  /** For each session drawn for; not each chunk, or who comes to a door. */
  readonly counts: boolean
  /** Counted as selected against the limits. */
  weighed: boolean
  /** Counted against these as one that the fault works on. */
  gauges: readonly Gauge[]
  /** A limit has disarmed the fault: if it is armed again, everything is decided anew. */
  stale: boolean
}

/**
 * Which faults work on one session. Decided once for each fault, for both directions and for connecting alike, and again only when the
 * plan says so; every decision is put on record.
 */
export class Selection {
  readonly place: SelectionPlace
  readonly #choices = new Map<string, Choice>()
  #touchedBy: readonly string[] = []

  constructor(place: SelectionPlace) {
    this.place = place
  }

  /**
   * The names of the faults that have worked on the session or on one of its exchanges at any time, in the order in which they began; the last 32. Decisions are
   * forgotten when others have filled their log, which takes less than a second where a fault draws for each chunk; this is not.
   */
  get touchedBy(): readonly string[] {
    return this.#touchedBy
  }

  /** Whether the fault works on the session; `false` while its window is closed, it is disarmed, or only counts. */
  works(fault: FaultNow): boolean {
    return this.selects(fault) && fault.plan.shadow !== true
  }

  /** The same, also of a fault that only counts what it would hit. */
  selects(fault: FaultNow): boolean {
    return fault.on && !fault.work.off && this.#choiceOf(fault).reason === undefined
  }

  /** After `works`: whether the session is one of those that the fault is for; the draw may have spared it. */
  isMeant({ work }: FaultNow): boolean {
    const reason = this.#choices.get(work.name)?.reason
    return reason === undefined || reason === 'draw' || reason === 'replay'
  }

  /** The faults that worked on the session and are not among `faults` any more are let go; answers those that worked to the last. */
  forgetBut(faults: readonly FaultNow[]): readonly FaultAtWork[] {
    const gone: FaultAtWork[] = []
    for (const [name, choice] of this.#choices) {
      if (faults.some(({ work }) => work === choice.work)) {
        if (choice.work.off) this.#letGo(choice)
        continue
      }
      // One that a limit has disarmed worked on it no more, even where the session was still to be told so.
      if (choice.active && !choice.work.off) gone.push(choice.work)
      this.#release(choice)
      this.#choices.delete(name)
    }
    return gone
  }

  /** The session is over. */
  close(): void {
    for (const choice of this.#choices.values()) this.#release(choice)
    this.#choices.clear()
  }

  /** For a stage, or for a fault on connecting (no direction). */
  contextOf({ work }: FaultNow, random: Random, direction?: Direction): FaultContext {
    return {
      random,
      counters: work.counters,
      ending: { origin: 'injected', reason: work.name },
      shared: (scope, make) => (scope === 'proxy' ? work.shared(make) : this.#sharedOf(work, make)),
      cells: () => work.cells,
      record: (at, what, detail) => this.#record(work, at, { what, ...defined({ detail, direction }) }),
    }
  }

  /** One generator per place, so that a session or fault more does not shift the draws of the others. */
  randomOf(fault: FaultPlan, where: string): Random {
    const { shared, proxy, ordinal } = this.place
    return randomFor(shared.seed, proxy, ordinal, where, fault.name)
  }

  #choiceOf(fault: FaultNow): Choice {
    const { work, plan } = fault
    const known = this.#choices.get(work.name)
    const stands = known?.work === work && known.draw === plan.draw && known.epoch === plan.epoch && !known.stale
    if (stands && known.probability === plan.probability) return known
    if (stands) {
      this.#hold(known, plan)
      return known
    }
    const before = known?.work === work ? known : undefined
    const counted = before?.epoch === plan.epoch ? before : undefined
    if (counted?.active === true) work.counts.taken.add(-1)
    if (known !== undefined) this.#release(known)
    const drawn = this.randomOf(plan, `draw ${plan.draw}`).next()
    const { draw, epoch, probability, shadow = false } = plan
    const choice: Choice = {
      work,
      draw,
      epoch,
      drawn,
      probability,
      shared: before?.shared,
      nth: counted?.nth,
      reason: undefined,
      active: false,
      quiet: this.place.shared.factory.level(plan) === 'exchange',
      shadow,
      counts: drawsPerSession(plan) && !work.hasDoor,
      weighed: false,
      gauges: NO_GAUGES,
      stale: false,
    }
    this.#choices.set(work.name, choice)
    if (!choice.quiet) work.tally.seen++
    const reason = this.#reasonAgainst(choice, plan)
    choice.reason = choice.quiet ? reason : weigh(work, reason)
    choice.weighed = choice.reason === undefined
    this.#settle(choice, plan)
    return choice
  }

  #letGo(choice: Choice): void {
    if (choice.stale) return
    if (choice.active) choice.work.counts.taken.add(-1)
    this.#release(choice)
    choice.stale = true
  }

  /** A ramp has moved the probability: the draw stands, its outcome may not. */
  #hold(choice: Choice, plan: FaultPlan): void {
    choice.probability = plan.probability
    if (choice.reason !== undefined && choice.reason !== 'draw') return
    const reason = choice.drawn < plan.probability ? undefined : 'draw'
    if (reason === choice.reason) return
    this.#release(choice)
    choice.reason = reason ?? (choice.quiet ? undefined : this.#bounded(choice))
    this.#settle(choice, plan)
  }

  /** Of one that the draw has spared so far. */
  #bounded(choice: Choice): SkipReason | undefined {
    const { work } = choice
    const reason = limitReached(work)
    if (reason !== undefined || choice.weighed) return reason
    const outcome = weighSelected(work, undefined)
    choice.weighed = outcome === undefined
    return outcome
  }

  #reasonAgainst(choice: Choice, plan: FaultPlan): SkipReason | undefined {
    const { work } = choice
    const { ordinal, proxy, clientAddress, shared } = this.place
    if (plan.existing === 'skip' && ordinal <= work.addedBehind) return 'existing'
    if (plan.match?.client !== undefined && !clientMatch(plan.match.client)(clientAddress)) return 'match'
    if (plan.match?.sni !== undefined && !asksFor(plan.match.sni, this.place.servername)) return 'match'
    if (plan.match?.session !== undefined) {
      choice.nth ??= work.counts.met.add(1)
      if (!takes(plan.match.session, choice.nth, work.counts.taken.value)) return 'match'
    }
    const replayed = shared.replay?.session(proxy, ordinal, work.name)
    if (replayed === false) return 'replay'
    if (replayed === undefined && drawsPerSession(plan) && choice.drawn >= plan.probability) return 'draw'
    return choice.quiet ? undefined : limitReached(work)
  }

  #settle(choice: Choice, plan: FaultPlan): void {
    const { work, shadow } = choice
    choice.reason ??= this.#enter(choice, plan)
    const { reason } = choice
    if (reason === undefined) {
      choice.active = true
      if (!choice.quiet) {
        work.tally.selected++
        if (shadow && choice.counts) work.tally.shadowed++
      }
    } else if (!choice.quiet) {
      work.tally.skipped[reason] = (work.tally.skipped[reason] ?? 0) + 1
    }
    if (reason === undefined && choice.counts && !choice.quiet && !shadow) this.#touch(work.name)
    this.#add(work, { kind: 'session', selected: reason === undefined, ...defined({ reason }), ...shadowed(shadow) })
  }

  /** Takes the place that it has been found to have. */
  #enter(choice: Choice, plan: FaultPlan): SkipReason | undefined {
    const { work } = choice
    const { taken } = work.counts
    if (isBeyond(taken, plan.match?.session)) return 'match'
    if (choice.quiet) return undefined
    choice.gauges = work.gauges
    const full = enter(work)
    if (full !== undefined) taken.add(-1)
    return full
  }

  #release(choice: Choice): void {
    if (!choice.active) return
    choice.active = false
    if (!choice.quiet) leave(choice.work, choice.gauges)
  }

  #sharedOf<T extends object>(work: FaultAtWork, make: () => T): T {
    const choice = this.#choices.get(work.name)
    if (choice === undefined) return make()
    choice.shared ??= make()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fault asks for one kind of thing only, under its own name and type
    return choice.shared as T
  }

  #record(work: FaultAtWork, at: number, what: Pick<NewOfFault, 'what' | 'detail' | 'direction'>): void {
    const inMs = at - this.place.shared.clock.now()
    this.#touch(work.name)
    this.#add(work, { kind: 'injection', ...what }, inMs)
  }

  /** The fault has done something to the session itself, rather than one of its stages. */
  acted(work: FaultAtWork, what: string): void {
    work.counters.applied++
    this.#touch(work.name)
    this.#add(work, { kind: 'injection', what })
  }

  chunkDecided(fault: FaultNow, direction: Direction, chunk: number, selected: boolean): void {
    this.#decided(fault, { kind: 'chunk', direction, chunk, selected })
  }

  /** @param reason why not; `undefined` = the fault works on it. */
  exchangeDecided(fault: FaultNow, exchange: number, reason: SkipReason | undefined): void {
    this.#decided(fault, { kind: 'exchange', exchange, selected: reason === undefined, ...defined({ reason }) })
  }

  #decided({ work, plan: { shadow = false } }: FaultNow, decision: NewOfFault & { readonly selected: boolean }): void {
    if (decision.selected && !shadow) this.#touch(work.name)
    this.#add(work, { ...decision, ...shadowed(shadow) })
  }

  /** The fault works on the session, or on one of its exchanges. */
  #touch(name: string): void {
    if (this.#touchedBy.includes(name)) return
    this.#touchedBy = [...this.#touchedBy.slice(1 - TOUCHED_KEPT), name]
  }

  #add({ name, type }: FaultAtWork, decision: NewOfFault, inMs = 0): void {
    const { shared, proxy, id, ordinal } = this.place
    shared.decisions.add({ proxy, fault: name, type, session: id, ordinal, ...decision }, inMs)
  }
}

const TOUCHED_KEPT = 32

const compiled = new WeakMap<readonly string[], readonly ((name: string) => boolean)[]>()

/** @param names patterns, compiled once for each list of them. */
function asksFor(names: readonly string[], servername: string | undefined): boolean {
  if (servername === undefined) return false
  const matches = compiled.get(names) ?? names.map((name) => compilePattern(name))
  compiled.set(names, matches)
  return matches.some((match) => match(servername))
}

function drawsPerSession({ per = 'session' }: FaultPlan): boolean {
  return per === 'session'
}

type NewOfFault = Omit<
  Parameters<EngineShared['decisions']['add']>[0],
  'proxy' | 'fault' | 'type' | 'session' | 'ordinal'
>

/** Whether the `nth` that comes is one of those that count; `taken` = how many were. */
export function takes(
  { skip = 0, first = Infinity, every = 1, max = Infinity }: Count,
  nth: number,
  taken: number,
): boolean {
  const behind = nth - skip
  return behind > 0 && behind <= first && behind % every === 0 && taken < max
}

const SHADOWED = { shadow: true } as const
const NO_FIELDS = {}

/** What a decision of a fault that only counts has beside the rest. */
export function shadowed(shadow: boolean): { readonly shadow?: true } {
  return shadow ? SHADOWED : NO_FIELDS
}
