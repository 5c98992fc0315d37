import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClient } from '../../admin.ts'
import { SUBJECT } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import type { Case } from '../case.ts'
import { serve } from './serving.ts'

const PROXIES = 500
const FAULTS_EACH = 4

export const liveLarge: Case = {
  name: 'live-large-profile',
  group: 'live',
  summary:
    `A profile of ${PROXIES} proxies and ${PROXIES * FAULTS_EACH} faults: from the request that brings it to the answer that says it is in force ` +
    '(read, compiled, every proxy listening), as the first work of a process, which compiles its code meanwhile, and as a later one; and then the ' +
    'slowest of the admin calls that another client makes every 5 ms while it comes and goes once more.',
  metrics: [
    { key: 'first', label: 'put and activate, first, ms', digits: 0 },
    { key: 'later', label: 'later, ms', digits: 0 },
    { key: 'off', label: 'deactivate, ms', digits: 0 },
    { key: 'slowest', label: 'slowest call meanwhile, ms', digits: 0 },
    { key: 'calls', label: 'calls', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const text = profile()
    for (let round = 1; round <= (context.quick ? 1 : context.rounds); round++) {
      await using server = await serve()
      const first = await comeAndGo(server.admin, text)
      const later = await comeAndGo(server.admin, text)
      const done = new AbortController()
      const asking = askAgainAndAgain(server.admin, done.signal)
      await comeAndGo(server.admin, text)
      done.abort()
      const times = await asking
      const calls = { slowest: quantile(times, 1), calls: times.length }
      const metrics = { first: first.total, later: later.total, off: later.off, ...calls }
      context.record({ variant: '', rival: SUBJECT, round, metrics })
    }
  },
}

async function comeAndGo(admin: AdminClient, text: string) {
  const begin = performance.now()
  await admin.putProfile('large', text)
  await admin.activate('large')
  const total = performance.now() - begin
  await admin.deactivate('large')
  return { total, off: performance.now() - begin - total }
}

/** Not one call on the heels of the other: a third of the process would be busy with them alone. */
async function askAgainAndAgain(admin: AdminClient, signal: AbortSignal): Promise<readonly number[]> {
  const times: number[] = []
  while (!signal.aborted) {
    const begin = performance.now()
    await admin.status()
    times.push(performance.now() - begin)
    await sleep(5)
  }
  return times
}

function profile(): string {
  const lines = ['description: many', 'proxies:']
  for (let i = 0; i < PROXIES; i++) lines.push(`  p${i}: { listen: '127.0.0.1:0', upstream: '127.0.0.1:9' }`)
  lines.push('faults:')
  for (let i = 0; i < PROXIES; i++) {
    for (let f = 0; f < FAULTS_EACH; f++) {
      lines.push(
        `  - { name: slow${f}, on: p${i}, type: latency, direction: downstream, latency: ${f + 1}ms, jitter: 1ms, probability: 0.5 }`,
      )
    }
  }
  return lines.join('\n')
}
