import { isDeepStrictEqual } from 'node:util'
import { resolveListen, sameListen } from '../../engine/listen-address.ts'
import type { WantedFault } from '../fault-input.ts'
import { type NewProxy, settingsOf } from '../proxy-input.ts'
import type { FaultRecord, ProxyRecord } from '../records.ts'
import type { CompiledProfile, ProfileFault } from './compile.ts'
import { isOfProfile, ownerOf } from './owner.ts'

/** A fault as it is to be: one that stays just as it is, or one that has to be made of what a profile says. */
export type NextFault =
  | { readonly kind: 'same'; readonly record: FaultRecord }
  | {
      readonly kind: 'made'
      readonly fault: ProfileFault
      readonly profile: CompiledProfile
      /** The one in whose place it comes. */
      readonly before: FaultRecord | undefined
    }

/** What has to be done to one proxy. */
export interface Step {
  readonly proxy: string
  readonly before: ProxyRecord | undefined
  /** What the proxy is to be; `undefined` = it goes. */
  readonly after: { readonly input: NewProxy; readonly owner: string } | undefined
  /** It has to be made, or made otherwise: sessions that it has are dropped. */
  readonly moves: boolean
  /** The API has made a proxy of this name that is otherwise. */
  readonly clashes: boolean
  readonly faults: readonly NextFault[]
}

export interface StepContext {
  /** Those in force afterwards, in the order in which they were activated. */
  readonly active: readonly CompiledProfile[]
  /** Those whose faults are brought in step with what they say; of the others stays what is there. */
  readonly subjects: ReadonlySet<string>
  /** The time of faults that end by themselves begins now. Default: it goes on. */
  readonly anew?: boolean
  /** Whether a fault of a profile has come to its end by itself, and has not changed since. */
  readonly isOver?: (proxy: string, fault: ProfileFault) => boolean
}

/** `undefined`: there is nothing to do. */
export async function stepFor(
  proxy: string,
  before: ProxyRecord | undefined,
  context: StepContext,
): Promise<Step | undefined> {
  const { active, subjects } = context
  const definers = active.filter(({ proxies }) => proxies.has(proxy))
  const [definer] = definers
  // What the API has made of a proxy holds until a profile that defines it is brought in step itself.
  const input = definers.find(({ name }) => subjects.has(name))?.proxies.get(proxy)?.input
  if (before === undefined) {
    if (definer === undefined || input === undefined) return undefined
    const after = { input, owner: ownerOf(definer.name) }
    return { proxy, before, after, moves: true, clashes: false, faults: faultsOf(proxy, undefined, context) }
  }
  const isOrphan = [...subjects].some((name) => before.owner === ownerOf(name))
  if (definer === undefined && isOrphan) {
    return { proxy, before, after: undefined, moves: true, clashes: false, faults: [] }
  }
  const owned = isOfProfile(before.owner)
  const fits = input === undefined || (await matchesRecord(input, before))
  const same = fits || !owned
  const owner = owned && definer !== undefined ? ownerOf(definer.name) : before.owner
  const faults = faultsOf(proxy, before, context)
  const faultsStay =
    faults.length === before.faults.length &&
    faults.every((next, at) => next.kind === 'same' && next.record === before.faults[at])
  if (fits && faultsStay && owner === before.owner) return undefined
  const after = { input: same || input === undefined ? before : input, owner }
  return { proxy, before, after, moves: !same, clashes: !fits && !owned, faults }
}

/** Whether a proxy already is what a profile says; what it was asked to be before tells more than the address that came of it. */
export async function matchesRecord(input: NewProxy, record: ProxyRecord): Promise<boolean> {
  if (record.wanted !== undefined && isDeepStrictEqual(record.wanted, input)) return record.enabled === input.enabled
  if (input.enabled !== record.enabled || input.upstream !== record.upstream) return false
  if (!isDeepStrictEqual(settingsOf(input), settingsOf(record))) return false
  const listen = await resolveListen(input.listen).catch(() => undefined)
  return listen !== undefined && sameListen(record.listen, listen)
}

/**
 * The faults of a proxy, in order: those of a profile stand together where the first of them was, in the order of the document; what others have
 * put there keeps its place.
 */
function faultsOf(proxy: string, before: ProxyRecord | undefined, context: StepContext): readonly NextFault[] {
  const { active, subjects } = context
  const blocks = new Map(
    active
      .filter(({ name }) => subjects.has(name))
      .map((profile) => [ownerOf(profile.name), blockOf(proxy, before, profile, context)] as const),
  )
  const gone = new Set([...subjects].map(ownerOf))
  const next: NextFault[] = []
  for (const record of before?.faults ?? []) {
    const { owner } = record.plan
    if (!gone.has(owner)) next.push({ kind: 'same', record })
    next.push(...(blocks.get(owner) ?? []))
    blocks.delete(owner)
  }
  for (const block of blocks.values()) next.push(...block)
  return next
}

function blockOf(
  proxy: string,
  before: ProxyRecord | undefined,
  profile: CompiledProfile,
  { isOver, anew = false }: StepContext,
): readonly NextFault[] {
  const owner = ownerOf(profile.name)
  return (profile.faults.get(proxy) ?? []).flatMap((fault): readonly NextFault[] => {
    const there = before?.faults.find(({ plan }) => plan.name === fault.wanted.name && plan.owner === owner)
    const begins = anew && there?.lifetime !== undefined
    if (there !== undefined && !begins && isSame(there, fault, profile)) return [{ kind: 'same', record: there }]
    if (there === undefined && isOver?.(proxy, fault) === true) return []
    const kept = there?.plan.type === fault.wanted.type ? there : undefined
    return [{ kind: 'made', fault, profile, before: kept }]
  })
}

function isSame({ plan, lifetime }: FaultRecord, fault: ProfileFault, { limits }: CompiledProfile): boolean {
  const { owner: _owner, revision: _revision, draw: _draw, epoch: _epoch, ownerLimits, ...asWanted } = plan
  return (
    lifetime?.ttl === fault.ttl &&
    isDeepStrictEqual(ownerLimits, limits) &&
    isDeepStrictEqual(asWanted satisfies WantedFault, fault.wanted)
  )
}
