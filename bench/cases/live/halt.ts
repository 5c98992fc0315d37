import { setTimeout as sleep } from 'node:timers/promises'
import { Program } from '../../program.ts'
import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import { relayLimit } from '../../proc.ts'
import type { Case } from '../case.ts'
import { loadServer, takeFreshTurns } from '../rounds.ts'

const SESSIONS = 5000
const PER_SECOND = 4000

const FAULTS = [
  { name: 'slow', type: 'latency', direction: 'both', latency: '300ms', jitter: '100ms' },
  { name: 'thin', type: 'bandwidth', direction: 'downstream', rate: '1MB' },
  { name: 'sliced', type: 'slicer', direction: 'downstream', average_size: 4 },
] as const

export const liveHalt: Case = {
  name: 'live-halt',
  group: 'live',
  summary:
    `Time of POST /v1/halt with ${SESSIONS} sessions that exchange ${PER_SECOND} messages a second through ${FAULTS.length} faults. When it answers ` +
    'no fault works on any of them any more.',
  metrics: [
    { key: 'halt', label: 'halt, ms', digits: 0 },
    { key: 'sessions', label: 'sessions', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const count = Math.min(SESSIONS, relayLimit())
    if (count < SESSIONS) context.note(`${count} sessions instead of ${SESSIONS}: the limit of open files`)
    await takeFreshTurns(context, loadServer('echo-server.ts'), async (rival, { port, admin }, round) => {
      if (admin === undefined) return
      await using load = Program.node('load/chatter.ts', port, count, PER_SECOND, 8)
      await load.firstLine(60_000)
      for (const fault of FAULTS) await admin.addFault(PROXY, fault)
      await sleep(2000)
      const begin = performance.now()
      await admin.halt()
      context.record({
        variant: '',
        rival: rival.name,
        round,
        metrics: { halt: performance.now() - begin, sessions: count },
      })
      await load.stop()
    })
  },
}
