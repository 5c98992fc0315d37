import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClient } from '../admin.ts'
import { freePort } from '../program.ts'
import { SUBJECT } from '../rivals/rival.ts'
import type { Case, CaseContext } from './case.ts'
import { echo, type Echoes } from './echoes.ts'
import { serve, type Serving } from './live/serving.ts'
import { loadServer } from './rounds.ts'
import { peakMetric } from './throughput.ts'

const CONNECTIONS = 64
/** Per second. */
const REWRITES = [0, 10, 40]
/** Rates that the messages never come near, so that nothing but the change itself can be felt. */
const RATES = ['1GB', '2GB'] as const
const READY_MS = 10_000

export const reloadStorm: Case = {
  name: 'reload-storm',
  heavy: true,
  summary:
    `${CONNECTIONS} connections with an echo server, each asking again as soon as it is answered, while the profile in force is rewritten so many times a second: ` +
    'each time another rate for the bandwidth fault that every message goes through. Shares are of the same without rewriting; dropped = messages that did not come back.',
  metrics: [
    { key: 'share', label: 'share of the rate', digits: 2 },
    { key: 'p99-ratio', label: 'p99 ÷ p99 without', digits: 2 },
    { key: 'dropped', label: 'dropped', digits: 0 },
    { key: 'reloads', label: 'reloads/s', digits: 1 },
    { key: 'cpu', label: 'CPU µs/request', digits: 1 },
    { key: 'rate', label: 'requests/s', digits: 0 },
    { key: 'p50', label: 'p50, µs', digits: 0 },
    { key: 'p99', label: 'p99, µs', digits: 0 },
    { key: 'p999', label: 'p99.9, µs', digits: 0 },
    peakMetric,
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    await using upstream = await loadServer('echo-server.ts')()
    await using server = await serve()
    const port = await freePort()
    const save = saver(server.profiles, port, upstream.port)
    await save()
    await proxyIsThere(server.admin)
    await echo(port, server.pid, CONNECTIONS, 1)
    for (let round = 1; round <= context.rounds; round++) await measure(context, round, server, port, save)
  },
}

async function measure(
  context: CaseContext,
  round: number,
  { admin, pid }: Serving,
  port: number,
  save: () => Promise<void>,
): Promise<void> {
  const seconds = context.quick ? 2 : 5
  let calm: Echoes | undefined
  for (const perSecond of REWRITES) {
    const before = await reloads(admin)
    const done = new AbortController()
    const storm = rewrite(save, perSecond, done.signal)
    const echoes = await echo(port, pid, CONNECTIONS, seconds).finally(() => done.abort())
    const took = await storm
    calm ??= echoes
    const { own, p50, p99, p999, dropped } = echoes
    const rate = echoes.units / echoes.seconds
    const metrics = {
      share: rate / (calm.units / calm.seconds),
      'p99-ratio': p99 / calm.p99,
      dropped,
      reloads: ((await reloads(admin)) - before) / took,
      ...own,
      rate,
      p50,
      p99,
      p999,
    }
    const variant = perSecond === 0 ? 'not rewritten' : `rewritten ${perSecond} times/s`
    context.record({ variant, rival: SUBJECT, round, metrics })
    if (dropped > 0) context.fail(`${variant}: ${dropped} messages did not come back`)
  }
}

/** Saves the profile as editors do, under another name first, each time with the other rate. */
function saver(directory: string, port: number, upstream: number): () => Promise<void> {
  let turn = 0
  return async () => {
    const text = [
      'active: true',
      `proxies: { p: { listen: '127.0.0.1:${port}', upstream: '127.0.0.1:${upstream}' } }`,
      `faults: [{ name: thin, on: p, type: bandwidth, direction: both, rate: ${RATES[turn++ % 2]} }]`,
    ]
    const unfinished = join(directory, '.storm.yaml.tmp')
    await writeFile(unfinished, text.join('\n'))
    await rename(unfinished, join(directory, 'storm.yaml'))
  }
}

/** Saves so many times a second until it is told to stop; answers how many seconds that were. */
async function rewrite(save: () => Promise<void>, perSecond: number, signal: AbortSignal): Promise<number> {
  const begin = performance.now()
  for (let made = 1; !signal.aborted; made++) {
    const due = perSecond === 0 ? 100 : begin + (made / perSecond) * 1000 - performance.now()
    await sleep(Math.max(0, due))
    if (perSecond > 0) await save()
  }
  return (performance.now() - begin) / 1000
}

/** How often a profile was read anew and brought in force. */
async function reloads(admin: AdminClient): Promise<number> {
  const text = await admin.metrics()
  const counts = text.matchAll(/^foulweather_profile_reloads_total\{.*result="ok".*\} (\d+)/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function proxyIsThere(admin: AdminClient): Promise<void> {
  for (const end = performance.now() + READY_MS; !(await admin.list()).includes('"p"'); await sleep(20)) {
    if (performance.now() > end) throw new Error(`the profile was not in force after ${READY_MS} ms`)
  }
}
