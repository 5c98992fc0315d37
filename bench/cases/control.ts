import type { AdminClient } from '../admin.ts'
import { PROXY } from '../rivals/rival.ts'
import { quantile } from '../statistics.ts'
import { injectsFaults, type Case } from './case.ts'
import { makeTrouble } from './trouble.ts'
import { loadServer, takeFreshTurns } from './rounds.ts'

const CALL_TIMEOUT_MS = 3000
/** After so many calls without an answer the rest need not be waited for. */
const TIMEOUTS_ALLOWED = 3
const WARM_UP_CALLS = 20

type Call = readonly [kind: 'GET /proxies' | 'add toxic' | 'remove toxic', send: () => Promise<unknown>]

export const control: Case = {
  name: 'control',
  summary:
    'Time of admin calls while a client has stopped reading, a dial hangs, a reset_peer is pending and a bulk stream runs, ' +
    `each on a proxy of its own and called in turn. A call without an answer counts as ${CALL_TIMEOUT_MS} ms.`,
  metrics: [
    { key: 'max', label: 'max, ms', digits: 1 },
    { key: 'p99', label: 'p99, ms', digits: 1 },
    { key: 'median', label: 'p50, ms', digits: 2 },
    { key: 'calls', label: 'calls', digits: 0 },
    { key: 'timeouts', label: 'unanswered', digits: 0 },
  ],
  takes: injectsFaults,
  async run(context) {
    const turns = context.quick ? 10 : 50
    await takeFreshTurns(context, loadServer('echo-server.ts'), async (rival, { admin }, round) => {
      if (admin === undefined) return
      for (let i = 0; i < WARM_UP_CALLS; i++) for (const [, send] of callsOn(admin, PROXY)) await send()
      await using trouble = await makeTrouble(admin)
      const times = await timeCalls(admin.withTimeout(CALL_TIMEOUT_MS), trouble.proxies, turns)
      for (const [variant, ms] of Object.entries(times)) {
        const timeouts = ms.filter((time) => time >= CALL_TIMEOUT_MS).length
        const metrics = {
          max: quantile(ms, 1),
          p99: quantile(ms, 0.99),
          median: quantile(ms, 0.5),
          calls: ms.length,
          timeouts,
        }
        context.record({ variant, rival: rival.name, round, metrics })
      }
    })
  },
}

function callsOn(admin: AdminClient, proxy: string): readonly Call[] {
  const toxic = { name: 'extra', type: 'latency', attributes: { latency: 10 } }
  return [
    ['GET /proxies', () => admin.list()],
    ['add toxic', () => admin.addToxic(proxy, toxic)],
    ['remove toxic', () => admin.removeToxic(proxy, toxic.name)],
  ]
}

async function timeCalls(
  admin: AdminClient,
  proxies: readonly string[],
  turns: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const times: Record<string, number[]> = {}
  let timeouts = 0
  for (let turn = 0; turn < turns; turn++) {
    for (const [kind, send] of proxies.flatMap((proxy) => callsOn(admin, proxy))) {
      if (timeouts >= TIMEOUTS_ALLOWED) return times
      const ms = await timed(send)
      if (ms === CALL_TIMEOUT_MS) timeouts++
      ;(times[kind] ??= []).push(ms)
    }
  }
  return times
}

/** A call that is answered with an error is an error of the run, unless it only follows from one that was not answered. */
async function timed(send: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  try {
    await send()
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return CALL_TIMEOUT_MS
    if (!/ answered 4(04|09):/.test(String(error))) throw error
  }
  return performance.now() - begin
}
