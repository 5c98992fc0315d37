import { defined } from '../../core/defined.ts'
import { DIRECTIONS, type Direction } from '../../core/words.ts'
import type {
  ByteCounters,
  Disarmed,
  FaultCounts,
  FaultSnapshot,
  HistogramData,
  HttpSnapshot,
  PlaceSnapshot,
  ProxySnapshot,
  Snapshot,
} from '../data-plane.ts'

type Counts = Readonly<Partial<Record<string, number>>>

/** What several threads have counted, taken together. */
export function mergeSnapshots(snapshots: readonly [Snapshot, ...Snapshot[]]): Snapshot {
  const byName = Map.groupBy(
    snapshots.flatMap(({ proxies }) => proxies),
    ({ name }) => name,
  )
  const decisions = snapshots.map((one) => one.decisions)
  const held = snapshots.map((one) => one.held)
  return {
    proxies: [...byName.values()].map(mergeProxies),
    // One count, and one limit, for all of them: the latest to look has seen most, and one of which nothing is known has none.
    decisions: { total: most(decisions, ({ total }) => total), kept: most(decisions, ({ kept }) => kept) },
    held: {
      bytes: sum(held, ({ bytes }) => bytes),
      limit: most(held, ({ limit }) => limit),
      perSessionLimit: most(held, ({ perSessionLimit }) => perSessionLimit),
      stalls: sum(held, ({ stalls }) => stalls),
    },
    lateness: mergeHistograms(snapshots.map(({ lateness }) => lateness)),
  }
}

function mergeProxies(all: readonly ProxySnapshot[]): ProxySnapshot {
  // Where it runs it knows its address; elsewhere it may only have been asked for.
  const main = all.find(({ running }) => running) ?? all.find(({ listen }) => listen !== '') ?? firstOf(all)
  const https = all.flatMap(({ http }) => http ?? [])
  const faults = Map.groupBy(
    all.flatMap((one) => Object.entries(one.faults)),
    ([name]) => name,
  )
  return {
    name: main.name,
    listen: main.listen,
    upstream: main.upstream,
    running: main.running,
    sessions: {
      total: sum(all, ({ sessions }) => sessions.total),
      active: sum(all, ({ sessions }) => sessions.active),
      endings: mergeCounts(all.map(({ sessions }) => sessions.endings)),
    },
    bytes: mergeBytes(all.map(({ bytes }) => bytes)),
    places: mergePlaces(all.flatMap(({ places }) => places)),
    faults: Object.fromEntries([...faults].map(([name, each]) => [name, mergeFaults(each.map(([, fault]) => fault))])),
    connect: mergeHistograms(all.map(({ connect }) => connect)),
    ...(https.length === 0 ? {} : { http: mergeHttp(https) }),
  }
}

function mergePlaces(places: readonly PlaceSnapshot[]): readonly PlaceSnapshot[] {
  const same = Map.groupBy(places, ({ listen, upstream }) => JSON.stringify([listen, upstream]))
  return Array.from(same.values(), (all) => {
    const { listen, upstream } = firstOf(all)
    return { listen, upstream, bytes: mergeBytes(all.map(({ bytes }) => bytes)) }
  })
}

function mergeFaults(all: readonly FaultSnapshot[]): FaultSnapshot {
  const atWork = all.filter(({ state }) => state !== 'gone')
  // A limit is known to have been met everywhere, and how it was where that happened.
  const stopped = atWork.find((one) => one.disarmed !== undefined) ?? atWork.find(isStopped)
  const { ramped, state } = stopped ?? atWork[0] ?? firstOf(all)
  const disarmed = stopped === undefined ? undefined : (stopped.disarmed ?? latestOf(all))
  return {
    ...mergeFaultCounts(all),
    own: mergeFaultCounts(all.map(({ own }) => own)),
    ramped,
    active: sum(all, ({ active }) => active),
    state,
    ...defined({ disarmed }),
  }
}

function isStopped({ state }: FaultSnapshot): boolean {
  return state === 'disarmed' || state === 'spent'
}

/** The thread that has met the limit may be no more. */
function latestOf(all: readonly FaultSnapshot[]): Disarmed | undefined {
  const known = all.flatMap(({ disarmed }) => disarmed ?? [])
  return known.sort((a, b) => a.at.localeCompare(b.at)).at(-1)
}

function mergeFaultCounts(all: readonly FaultCounts[]): FaultCounts {
  return {
    seen: sum(all, ({ seen }) => seen),
    selected: sum(all, ({ selected }) => selected),
    applied: sum(all, ({ applied }) => applied),
    shadowed: sum(all, ({ shadowed }) => shadowed),
    skipped: mergeCounts(all.map(({ skipped }) => skipped)),
  }
}

function mergeHttp(all: readonly HttpSnapshot[]): HttpSnapshot {
  const answered = (origin: keyof HttpSnapshot['answered']): Counts =>
    mergeCounts(all.map((one) => one.answered[origin]))
  const refused = (from: keyof HttpSnapshot['refused']) => mergeCounts(all.map((one) => one.refused[from]))
  return {
    inFlight: sum(all, ({ inFlight }) => inFlight),
    answered: {
      injected: answered('injected'),
      client: answered('client'),
      upstream: answered('upstream'),
      proxy: answered('proxy'),
    },
    refused: { client: refused('client'), upstream: refused('upstream') },
    totalMs: mergeHistograms(all.map(({ totalMs }) => totalMs)),
    upstreamMs: mergeHistograms(all.map(({ upstreamMs }) => upstreamMs)),
  }
}

function mergeBytes(
  all: readonly Readonly<Record<Direction, Readonly<ByteCounters>>>[],
): Record<Direction, ByteCounters> {
  const merged = { upstream: { received: 0, sent: 0 }, downstream: { received: 0, sent: 0 } }
  for (const bytes of all) {
    for (const direction of DIRECTIONS) {
      merged[direction].received += bytes[direction].received
      merged[direction].sent += bytes[direction].sent
    }
  }
  return merged
}

/** All of them have the same bounds; one of which nothing is known has none. */
function mergeHistograms(all: readonly HistogramData[]): HistogramData {
  const { bounds, counts } = all.find((one) => one.bounds.length > 0) ?? firstOf(all)
  return {
    bounds,
    counts: counts.map((_, bucket) => sum(all, (one) => one.counts[bucket] ?? 0)),
    sum: sum(all, (one) => one.sum),
  }
}

function mergeCounts(all: readonly Counts[]): Record<string, number> {
  const merged = new Map<string, number>()
  for (const counts of all) {
    for (const [name, count = 0] of Object.entries(counts)) merged.set(name, (merged.get(name) ?? 0) + count)
  }
  return Object.fromEntries(merged)
}

function sum<T>(all: readonly T[], valueOf: (one: T) => number): number {
  return all.reduce((total, one) => total + valueOf(one), 0)
}

function most<T>(all: readonly T[], valueOf: (one: T) => number): number {
  return Math.max(...all.map(valueOf))
}

function firstOf<T>(all: readonly T[]): T {
  const [first] = all
  if (first === undefined) throw new Error('there is nothing to be taken together')
  return first
}
