import type { FaultSnapshot, HistogramData, ProxySnapshot, Snapshot } from '../data-plane.ts'
import type { Withdrawn } from '../sharing/shares.ts'

/** How sessions end whose thread has died. */
const DIED = 'proxy:worker_died'

/**
 * What a thread that died leaves to be counted, so that no counter goes back: all that it had counted when it was last asked. What it had at
 * work is over; its sessions have ended.
 */
export function departed(last: Snapshot, { live }: Withdrawn): Snapshot {
  const known = new Set(last.proxies.map(({ name }) => name))
  const unknown = [...live.keys()].filter((name) => !known.has(name)).map(nothingOf)
  return {
    ...last,
    proxies: [...last.proxies, ...unknown].map((proxy) => overOf(proxy, live.get(proxy.name) ?? 0)),
    held: { ...last.held, bytes: 0 },
  }
}

/** Names of proxies come from users: of those that are deleted, so many are remembered. */
const DELETED_PROXIES_KEPT = 1024

export function forgetOldest(snapshot: Snapshot, isInForce: (proxy: string) => boolean): Snapshot {
  const { proxies } = snapshot
  let surplus = proxies.filter(({ name }) => !isInForce(name)).length - DELETED_PROXIES_KEPT
  return { ...snapshot, proxies: proxies.filter(({ name }) => isInForce(name) || surplus-- <= 0) }
}

const NONE: HistogramData = { bounds: [], counts: [], sum: 0 }

/** Of one that has never been asked. */
export const NOTHING: Snapshot = {
  proxies: [],
  decisions: { total: 0, kept: 0 },
  held: { bytes: 0, limit: 0, perSessionLimit: 0, stalls: 0 },
  lateness: NONE,
}

function nothingOf(name: string): ProxySnapshot {
  const bytes = { upstream: { received: 0, sent: 0 }, downstream: { received: 0, sent: 0 } }
  const sessions = { total: 0, active: 0, endings: {} }
  return { name, listen: '', upstream: '', running: false, sessions, bytes, places: [], faults: {}, connect: NONE }
}

function overOf(proxy: ProxySnapshot, live: number): ProxySnapshot {
  const { total, endings } = proxy.sessions
  const ended = Object.values(endings).reduce((sum, count) => sum + count, 0)
  const faults = Object.entries(proxy.faults).map(([name, fault]) => [name, goneOf(fault)])
  return {
    ...proxy,
    running: false,
    sessions: {
      // Some may have come, or ended, since it was asked: who came has ended.
      total: Math.max(total, ended + live),
      active: 0,
      endings: { ...endings, [DIED]: (endings[DIED] ?? 0) + Math.max(live, total - ended) },
    },
    faults: Object.fromEntries(faults),
    ...(proxy.http === undefined ? {} : { http: { ...proxy.http, inFlight: 0 } }),
  }
}

function goneOf(fault: FaultSnapshot): FaultSnapshot {
  return { ...fault, active: 0, state: 'gone' }
}
