import type { Outlet } from '../core/outlet.ts'
import type { Direction, Ending } from '../core/words.ts'
import { admit, type Admission } from './admission.ts'
import { Chain } from './chain.ts'
import type { FaultAtWork, FaultNow } from './fault-at-work.ts'
import type { Held } from './release-queue.ts'
import { Selection, type SelectionPlace } from './selection.ts'
import type { Relays } from './session-link.ts'

const NO_NAMES: readonly string[] = []

/** The faults that one session has met: which of them work on it, and their stages. Without any, there is nothing of this. */
export class SessionFaults {
  readonly selection: Selection
  readonly #place: SelectionPlace
  readonly #relays: Relays
  /** Made when the session is open. */
  #chains: Readonly<Record<Direction, Chain>> | undefined
  /** Faults on connecting that have been counted. */
  #acted: WeakSet<FaultAtWork> | undefined

  /** @param selection what has been decided before the session began. */
  constructor(place: SelectionPlace, relays: Relays, selection = new Selection(place)) {
    this.#place = place
    this.#relays = relays
    this.selection = selection
  }

  /** It has been open to faults. */
  get stands(): boolean {
    return this.#chains !== undefined
  }

  names(direction: Direction): readonly string[] {
    return this.#chains?.[direction].names ?? NO_NAMES
  }

  /** What the faults want done with the connection. */
  judge(faults: readonly FaultNow[], active: number, started: number): Admission {
    this.#acted ??= new WeakSet()
    return admit(faults, this.#place.shared.factory, this.selection, { at: started, active }, this.#acted)
  }

  /** Forgets what is gone. Answers a fault among that which wants the session to end with it. */
  forgetBut(faults: readonly FaultNow[]): FaultAtWork | undefined {
    return this.selection.forgetBut(faults).find(({ resetsOnRemove }) => resetsOnRemove)
  }

  /** One that wants sessions older than itself to end. */
  resetting(faults: readonly FaultNow[]): FaultAtWork | undefined {
    const by = faults.find(
      (fault) =>
        fault.plan.existing === 'reset' && this.#place.ordinal <= fault.work.addedBehind && this.selection.works(fault),
    )
    return by?.work
  }

  /** `work` resets the session. */
  resetBy(work: FaultAtWork): Ending {
    this.selection.acted(work, 'reset')
    return { origin: 'injected', reason: work.name }
  }

  /** From now on there are stages, of whatever is given to `update`. */
  stand(): void {
    const { upstream, downstream } = this.#relays
    this.#chains ??= {
      upstream: new Chain(this.selection, upstream),
      downstream: new Chain(this.selection, downstream),
    }
  }

  update(faults: readonly FaultNow[], now: number): void {
    this.#chains?.upstream.update(faults, now)
    this.#chains?.downstream.update(faults, now)
  }

  chainRan(direction: Direction): void {
    this.#chains?.[direction].rescheduleWakers()
  }

  /** Gives what waits to `feed` once more, with the timing stages that it goes through. Answers `false` where there are no stages. */
  refeed(direction: Direction, feed: (held: Held, timing: Outlet) => void, now: number): boolean {
    this.#chains?.[direction].refeed(feed, now)
    return this.#chains !== undefined
  }

  closeChain(direction: Direction): void {
    this.#chains?.[direction].close()
  }

  closeChains(): void {
    this.#chains?.upstream.close()
    this.#chains?.downstream.close()
  }
}
