import type { FaultCounters } from '../core/fault-factory.ts'
import { DIRECTIONS } from '../core/words.ts'
import type { ByteCounters, ProxySnapshot, Snapshot } from '../engine/data-plane.ts'
import { CONTROL_METRICS } from './control-metrics.ts'
import { HTTP_METRICS } from './http-metrics.ts'
import { histogramSamples, perEach } from './metric.ts'
import type { MetricDefinition } from './metric.ts'

/** Every metric that is read from counters of ours. docs/metrics.md is made from this. */
export const METRICS: readonly MetricDefinition[] = [
  toxiproxyBytes('received', 'read from the source of the direction'),
  toxiproxyBytes('sent', 'written to the destination of the direction'),
  perProxy('proxy_running', 'gauge', 'Whether the proxy is listening: 1 or 0.', (proxy) => (proxy.running ? 1 : 0)),
  perProxy('sessions_total', 'counter', 'Client connections accepted.', (proxy) => proxy.sessions.total),
  perProxy('sessions_active', 'gauge', 'Sessions alive now.', (proxy) => proxy.sessions.active),
  {
    name: 'foulweather_session_endings_total',
    group: 'foulweather',
    type: 'counter',
    labels: ['proxy', 'origin', 'reason'],
    help: 'Sessions that are over, by who ended them and why; the reason of an injected ending is the name of the fault.',
    samples: perEach(({ name, sessions }) =>
      Object.entries(sessions.endings).map(([ending, value]) => ({
        labels: { proxy: name, ...byCause(ending) },
        value,
      })),
    ),
  },
  {
    name: 'foulweather_bytes_total',
    group: 'foulweather',
    type: 'counter',
    labels: ['proxy', 'direction', 'point'],
    help: 'Bytes read from the source (point="received") and written to the destination (point="sent") of a direction.',
    samples: perEach(({ name, bytes }) =>
      DIRECTIONS.flatMap((direction) =>
        (['received', 'sent'] as const).map((point) => ({
          labels: { proxy: name, direction, point },
          value: bytes[direction][point],
        })),
      ),
    ),
  },
  perFault('seen', 'Sessions that met the fault, selected or not.'),
  perFault('selected', 'Sessions that the fault selected to work on.'),
  {
    name: 'foulweather_faults_skipped_total',
    group: 'foulweather',
    type: 'counter',
    labels: ['proxy', 'fault', 'reason'],
    help: 'Sessions that the fault left alone, by reason: the draw, its match, their age (existing), a limit, a replayed run.',
    samples: perEach(({ name, faults }) =>
      Object.entries(faults).flatMap(([fault, { skipped }]) =>
        Object.entries(skipped).map(([reason, value]) => ({ labels: { proxy: name, fault, reason }, value })),
      ),
    ),
  },
  perFault(
    'applied',
    'How often the fault acted: chunks delayed, cut or dropped, connections refused, endings caused.',
  ),
  perFault(
    'shadowed',
    'What the fault would have hit, if it did not only count (shadow): sessions, exchanges, chunks, or connections to a shut proxy.',
  ),
  {
    name: 'foulweather_faults_active',
    group: 'foulweather',
    type: 'gauge',
    labels: ['proxy', 'fault'],
    help: 'Sessions that the fault works on now. Faults that are gone are not listed.',
    samples: perEach(({ name, faults }) =>
      Object.entries(faults)
        .filter(([, { state }]) => state !== 'gone')
        .map(([fault, { active }]) => ({ labels: { proxy: name, fault }, value: active })),
    ),
  },
  {
    name: 'foulweather_upstream_connect_seconds',
    group: 'foulweather',
    type: 'histogram',
    labels: ['proxy'],
    help: 'Time that connecting to the upstream took.',
    samples: perEach(({ name, connect }) =>
      histogramSamples('foulweather_upstream_connect_seconds', { proxy: name }, connect),
    ),
  },
  ...HTTP_METRICS,
  ...CONTROL_METRICS,
  single('held_bytes', 'Bytes that wait in the proxy, over all sessions.', ({ held }) => held.bytes),
  single('held_bytes_limit', 'The budget of the process for held bytes.', ({ held }) => held.limit),
  single(
    'held_bytes_session_limit',
    'The budget of one direction of one session for held bytes.',
    ({ held }) => held.perSessionLimit,
  ),
  {
    name: 'foulweather_held_limit_stalls_total',
    group: 'foulweather',
    type: 'counter',
    labels: [],
    help: 'How often a session stopped reading because the budget of the process was used up.',
    samples: ({ held }) => [{ labels: {}, value: held.stalls }],
  },
  {
    name: 'foulweather_scheduler_lateness_seconds',
    group: 'foulweather',
    type: 'histogram',
    labels: [],
    help: 'How late the scheduler released what was due.',
    samples: ({ lateness }) => histogramSamples('foulweather_scheduler_lateness_seconds', {}, lateness),
  },
]

function toxiproxyBytes(point: keyof ByteCounters, meaning: string): MetricDefinition {
  return {
    name: `toxiproxy_proxy_${point}_bytes_total`,
    group: 'toxiproxy',
    type: 'counter',
    labels: ['direction', 'listener', 'proxy', 'upstream'],
    help: '',
    meaning: `Toxiproxy's counter of the bytes ${meaning}; counted while the connection lives.`,
    // Only where there were sessions, as Toxiproxy has it, and for good: a series that moved to other labels would look like a restart.
    samples: perEach(({ name, places }) =>
      places.flatMap(({ listen, upstream, bytes }) =>
        DIRECTIONS.map((direction) => ({
          labels: { direction, listener: listen, proxy: name, upstream },
          value: bytes[direction][point],
        })),
      ),
    ),
  }
}

function perProxy(
  suffix: string,
  type: 'counter' | 'gauge',
  help: string,
  read: (proxy: ProxySnapshot) => number,
): MetricDefinition {
  return {
    name: `foulweather_${suffix}`,
    group: 'foulweather',
    type,
    labels: ['proxy'],
    help,
    samples: perEach((proxy) => [{ labels: { proxy: proxy.name }, value: read(proxy) }]),
  }
}

function perFault(counter: keyof FaultCounters | 'shadowed', help: string): MetricDefinition {
  return {
    name: `foulweather_faults_${counter}_total`,
    group: 'foulweather',
    type: 'counter',
    labels: ['proxy', 'fault'],
    help,
    samples: perEach(({ name, faults }) =>
      Object.entries(faults).map(([fault, counters]) => ({ labels: { proxy: name, fault }, value: counters[counter] })),
    ),
  }
}

function single(suffix: string, help: string, read: (snapshot: Snapshot) => number): MetricDefinition {
  return {
    name: `foulweather_${suffix}`,
    group: 'foulweather',
    type: 'gauge',
    labels: [],
    help,
    samples: (snapshot) => [{ labels: {}, value: read(snapshot) }],
  }
}

/** The engine counts endings under `origin:reason`; an injected reason is a fault's name and may hold anything, colons included. */
function byCause(ending: string): { origin: string; reason: string } {
  const colon = ending.indexOf(':')
  return { origin: ending.slice(0, colon), reason: ending.slice(colon + 1) }
}
