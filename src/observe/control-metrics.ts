import type { Counts } from './counts.ts'
import type { MetricDefinition, Sample } from './metric.ts'

/** Metrics of what is wanted, of those that are told of it, and of who does it: profiles, halts, limits, events, the audit, workers. */
export const CONTROL_METRICS: readonly MetricDefinition[] = [
  metric(
    'profile_reload_failed',
    'gauge',
    ['profile'],
    'Whether the text of a profile, as it was last read, cannot be put in force: 1 or 0. What was active stays as it last was good.',
    ({ profiles }) => profiles.map(({ name, failed }) => ({ labels: { profile: name }, value: failed ? 1 : 0 })),
  ),
  metric(
    'profile_reloads_total',
    'counter',
    ['profile', 'result'],
    'How often a profile was read anew and brought in force (result="ok"), or could not be (result="failed").',
    ({ reloads }) => reloads,
  ),
  metric('halted', 'gauge', [], 'Whether everything is halted, and no faults are taken: 1 or 0.', ({ halted }) =>
    one(halted ? 1 : 0),
  ),
  metric(
    'limits_crossed_total',
    'counter',
    ['proxy', 'fault', 'limit'],
    'How often a fault has met one of its limits; of max_active once a second at most.',
    ({ limitsCrossed }) => limitsCrossed,
  ),
  metric(
    'events_dropped_total',
    'counter',
    [],
    'Subscribers of /v1/events that were disconnected because they did not keep up.',
    ({ eventsDropped }) => one(eventsDropped),
  ),
  metric(
    'audit_dropped_total',
    'counter',
    [],
    'Changes that the audit file lacks because it could not be written.',
    ({ auditDropped }) => one(auditDropped),
  ),
  metric(
    'workers',
    'gauge',
    [],
    'Worker threads that serve sessions now; 0 = the main thread serves them.',
    ({ workers }) => one(workers.filter(({ state }) => state === 'running').length),
  ),
  metric(
    'worker_deaths_total',
    'counter',
    ['worker'],
    'How often a worker thread has died with its sessions and was replaced.',
    ({ workers }) => workers.map(({ worker, deaths }) => ({ labels: { worker: String(worker) }, value: deaths })),
  ),
]

function metric(
  suffix: string,
  type: MetricDefinition['type'],
  labels: readonly string[],
  help: string,
  read: (counts: Counts) => readonly Sample[],
): MetricDefinition {
  const samples = (_snapshot: unknown, counts: Counts): readonly Sample[] => read(counts)
  return { name: `foulweather_${suffix}`, group: 'foulweather', type, labels, help, samples }
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }]
}
