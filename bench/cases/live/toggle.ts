import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { effectOf, openSession } from './serving.ts'

const HOLD = { name: 'hold', type: 'latency', direction: 'downstream', latency: '1h' } as const
const CUT = { name: 'cut', type: 'lifetime', after: '1ms' } as const

export const liveToggle: Case = {
  name: 'live-toggle',
  group: 'live',
  summary:
    'From the beginning of an admin call to its effect on a connection that is open: removing a latency (the byte that it holds arrives), ' +
    'and adding a lifetime of 1 ms (the connection ends).',
  metrics: [
    { key: 'p99', label: 'p99, ms', digits: 1 },
    { key: 'median', label: 'p50, ms', digits: 2 },
    { key: 'max', label: 'max, ms', digits: 1 },
    { key: 'toggles', label: 'toggles', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const toggles = context.quick ? 100 : 400
    await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, admin }, round) => {
      if (admin === undefined) return
      const removed: number[] = []
      const added: number[] = []
      for (let i = 0; i < toggles; i++) {
        const session = await openSession(port)
        await admin.addFault(PROXY, HOLD)
        session.write('x')
        // It has to be held by then: what is on its way would come by itself.
        await new Promise((resolve) => setTimeout(resolve, 3))
        removed.push(await effectOf(session, 'data', () => admin.removeFault(PROXY, HOLD.name)))
        const victim = await openSession(port)
        added.push(await effectOf(victim, 'close', () => admin.addFault(PROXY, CUT)))
        await admin.removeFault(PROXY, CUT.name)
        session.destroy()
      }
      if (round === 0) return
      for (const [variant, times] of [
        ['remove a latency', removed],
        ['add a lifetime', added],
      ] as const) {
        context.record({
          variant,
          rival: rival.name,
          round,
          metrics: { p99: quantile(times, 0.99), median: quantile(times, 0.5), max: quantile(times, 1), toggles },
        })
      }
    })
  },
}
