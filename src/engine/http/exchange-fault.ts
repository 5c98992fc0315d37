import { compileMatch, type CompiledMatch } from '../../core/exchange-match.ts'
import type { FaultFactory } from '../../core/fault-factory.ts'
import type { FaultPlan } from '../../core/plan.ts'
import { clientMatch } from '../client-match.ts'
import type { FaultAtWork, FaultNow } from '../fault-at-work.ts'

/** A fault that is decided upon for each exchange, with what can be made ready for that. */
export interface ExchangeFault {
  readonly now: FaultNow
  /** That of `now`: what is looked at first, for each exchange, and for most faults all that is. */
  readonly work: FaultAtWork
  readonly match: CompiledMatch | undefined
  readonly exclude: CompiledMatch | undefined
  /** Only the response tells whether it is meant. */
  readonly late: boolean
  /** It draws once for a session, counts sessions, or wants a name of TLS: the session's selection has to be asked too. */
  readonly bySession: boolean
  /** Plans of its outcomes; `undefined` in the list = nothing is done. */
  readonly outcomes: readonly { readonly weight: number; readonly plan: FaultPlan | undefined }[] | undefined
}

const made = new WeakMap<FaultNow, ExchangeFault>()

/** Those of `faults` that work now and are decided upon for each exchange, in order. */
export function exchangeFaultsOf(faults: readonly FaultNow[], factory: FaultFactory): readonly ExchangeFault[] {
  return faults.filter(({ on, plan }) => on && factory.level(plan) === 'exchange').map(exchangeFaultOf)
}

/** Whether the status of a response has to be known to decide on one of them. */
export function anyLate(faults: readonly ExchangeFault[]): boolean {
  for (const { late } of faults) if (late) return true
  return false
}

function exchangeFaultOf(now: FaultNow): ExchangeFault {
  const known = made.get(now)
  if (known !== undefined) return known
  const { match, exclude, per = 'exchange', outcomes } = now.plan
  const compiled = match === undefined ? undefined : compileMatch(match, clientMatch)
  const fault: ExchangeFault = {
    now,
    work: now.work,
    match: compiled,
    exclude: exclude === undefined ? undefined : compileMatch(exclude, clientMatch),
    late: match?.status !== undefined || exclude?.status !== undefined,
    bySession:
      per === 'session' || match?.session !== undefined || match?.sni !== undefined || now.plan.existing === 'skip',
    outcomes: outcomes?.map(({ weight, params }) => ({
      weight,
      plan: params === undefined ? undefined : { ...now.plan, params },
    })),
  }
  made.set(now, fault)
  return fault
}
