import { defined } from '../../core/defined.ts'
import { FoulweatherError } from '../../core/errors.ts'
import { type By } from '../by.ts'
import { MOST_FAULTS, refuseWithoutTls } from '../fault-list.ts'
import { lifetimeOf } from '../lifetime.ts'
import { freshRecord, refuseFaultsWithout } from '../proxies.ts'
import type { FaultRecord } from '../records.ts'
import type { Registry } from '../registry.ts'
import { succeed } from '../succeed.ts'
import { toxicViewOf } from '../toxic-view.ts'
import { announceStep } from './announce.ts'
import { Breath } from './breathe.ts'
import { ownerOf } from './owner.ts'
import { placeOf, stepProblem } from './step-problem.ts'
import { type NextFault, type Step, type StepContext, stepFor } from './steps.ts'
import { Undo } from './undo.ts'

/** So many proxies are worked on side by side: each waits for the kernel alone. */
const SIDE_BY_SIDE = 16

/**
 * Brings proxies in step with the profiles. All or nothing: where one cannot be, those before it are put back as they were.
 *
 * @param names those that may have something to do; each is looked at anew when its turn comes.
 * @throws FoulweatherError `listen_failed`, `invalid_value`.
 */
export async function applySteps(
  registry: Registry,
  names: Iterable<string>,
  context: StepContext,
  by: By,
): Promise<void> {
  const undo = new Undo(registry, by)
  const breath = new Breath()
  const steps = await stepsFor(registry, names, context)
  // What goes first may make room for what comes: an address, a name of a fault.
  const gone = steps.filter(({ after }) => after === undefined)
  const moved = steps.filter(({ after, before, moves }) => after !== undefined && (before === undefined || moves))
  const others = steps.filter((step) => !gone.includes(step) && !moved.includes(step))
  try {
    await letGo(registry, moved, context, undo)
    for (const group of [others, gone, moved]) {
      for (let at = 0; at < group.length; at += SIDE_BY_SIDE) {
        const batch = group.slice(at, at + SIDE_BY_SIDE)
        const runs = await Promise.allSettled(batch.map(({ proxy }) => runStep(registry, proxy, context, by, undo)))
        for (const [index, run] of runs.entries()) {
          if (run.status === 'rejected')
            throw await stepProblem(run.reason, batch[index]?.proxy ?? '', context, registry)
        }
        await breath.take()
      }
    }
  } catch (error) {
    await undo.run()
    throw error
  }
}

/** What there is to do, without doing it. */
export async function stepsFor(
  registry: Registry,
  names: Iterable<string>,
  context: StepContext,
): Promise<readonly Step[]> {
  const breath = new Breath()
  const steps: Step[] = []
  for (const name of names) {
    await breath.take()
    const step = await stepFor(name, registry.find(name), context)
    if (step !== undefined) steps.push(step)
  }
  return steps
}

/** What listens at an address that another one is to have stops first: they may even have each other's. */
async function letGo(registry: Registry, moved: readonly Step[], context: StepContext, undo: Undo): Promise<void> {
  if (moved.length < 2) return
  const breath = new Breath()
  const wanted = new Map<string, string[]>()
  for (const { proxy, after } of moved) {
    await breath.take()
    const place = after === undefined || !after.input.enabled ? undefined : await placeOf(after.input.listen)
    if (place === undefined) continue
    const names = wanted.get(place)
    if (names === undefined) wanted.set(place, [proxy])
    else names.push(proxy)
  }
  for (const { proxy, before } of moved) {
    if (before?.enabled !== true) continue
    const place = await placeOf(before.listen)
    if (place === undefined || wanted.get(place)?.some((other) => other !== proxy) !== true) continue
    await registry.exclusive(proxy, async () => {
      const now = registry.find(proxy)
      const step = await stepFor(proxy, now, context)
      if (now?.enabled !== true || step?.moves !== true) return
      await registry.stop(now)
      undo.note(proxy, now, false)
    })
  }
}

function runStep(registry: Registry, proxy: string, context: StepContext, by: By, undo: Undo): Promise<void> {
  return registry.exclusive(proxy, async () => {
    const step = await stepFor(proxy, undo.before(proxy), context)
    if (step === undefined) return
    const { before, after } = step
    const faults = step.faults.map((next) => faultOf(registry, next, context))
    if (after === undefined) await registry.remove(proxy)
    else {
      refuseTaken(step, faults)
      refuseFaults(proxy, faults)
      for (const { plan } of faults) refuseWithoutTls(after.input, plan.type)
      refuseFaultsWithout(after.input.protocol, { faults })
      if (before === undefined || step.moves) await make(registry, step, after, faults, undo)
      else await registry.setFaults({ ...before, owner: after.owner }, faults)
    }
    undo.note(proxy, before, true)
    announceStep(registry, proxy, before, registry.find(proxy), by)
  })
}

/** Makes a proxy, or makes it otherwise. */
async function make(
  registry: Registry,
  { proxy, before }: Step,
  { input, owner }: NonNullable<Step['after']>,
  faults: readonly FaultRecord[],
  undo: Undo,
): Promise<void> {
  const record = { ...freshRecord(input, owner), wanted: input, faults }
  try {
    // Stopped first: another address, or another way to speak, is taken by who is not listening.
    if (before?.enabled === true || !input.enabled) await registry.stop(record)
    if (input.enabled) await registry.start(record)
  } catch (error) {
    // The data plane keeps a proxy that failed to start, so that it can be tried again.
    if (before === undefined) await registry.remove(proxy)
    else {
      await registry.stop(record)
      undo.note(proxy, before, false)
    }
    throw error
  }
}

/** Somebody has made something of the same name since it was looked at. */
function refuseTaken({ proxy, clashes }: Step, faults: readonly FaultRecord[]): void {
  const names = new Set<string>()
  const twice = faults.find(({ plan }) => names.size === names.add(plan.name).size)?.plan.name
  if (twice === undefined && !clashes) return
  const what =
    twice === undefined
      ? `proxy ${JSON.stringify(proxy)}`
      : `fault ${JSON.stringify(twice)} of proxy ${JSON.stringify(proxy)}`
  const text = `${what} has just been made by somebody else; give one of them another name, or remove that one`
  throw new FoulweatherError('profile_conflict', text, { field: 'name', value: twice ?? proxy })
}

function refuseFaults(proxy: string, { length }: readonly FaultRecord[]): void {
  if (length <= MOST_FAULTS) return
  const expected = `at most ${MOST_FAULTS} faults on a proxy`
  const text = `proxy ${JSON.stringify(proxy)} would have ${length} faults; expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'faults', value: length, expected })
}

function faultOf(registry: Registry, next: NextFault, { anew = false }: StepContext): FaultRecord {
  if (next.kind === 'same') return next.record
  const { fault, profile, before } = next
  const revision = registry.nextRevision()
  const { limits } = profile
  const wanted = { ...fault.wanted, ...defined({ ownerLimits: limits }) }
  const owner = ownerOf(profile.name)
  const plan = before === undefined ? { ...wanted, owner, revision, draw: 0 } : succeed(before.plan, wanted, revision)
  const lasts = !anew && before !== undefined && before.lifetime?.ttl === fault.ttl
  // How long the activation may last is bounded as a whole: what is in it need not say anything.
  const lifetime = lasts ? before.lifetime : fault.ttl === undefined ? undefined : lifetimeOf(fault, {}, registry.clock)
  return {
    plan,
    revision,
    created: before?.created ?? Date.now(),
    ...defined({ lifetime, toxic: toxicViewOf(plan, before) }),
  }
}
