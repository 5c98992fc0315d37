import type { NativeFault } from '../../admin.ts'
import { runNode } from '../../program.ts'
import { PROXY, SUBJECT } from '../../rivals/rival.ts'
import type { Case } from '../case.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judged, judgedMetrics } from './tolerance.ts'
import { closedWindows, fitWindows, heldWindows, type Knock, type Rhythm, type Tick, type Window } from './windows.ts'

const TICK_GAP_MS = 1
const KNOCK_GAP_MS = 2
const TOLERANCE_MS = 5

interface Trial extends Rhythm {
  readonly variant: string
  readonly fault: NativeFault
  readonly see: (port: number, seconds: number) => Promise<readonly Window[]>
}

const stall = (every: number, length: number): Trial => ({
  variant: `stall ${length} ms every ${every} ms`,
  period: every,
  length,
  fault: { name: 'stall', type: 'stall', direction: 'downstream', every, for: length },
  see: async (port, seconds) => {
    const args = [port, seconds, TICK_GAP_MS]
    const { ticks } = await runNode<{ ticks: Tick[] }>((seconds + 20) * 1000, 'load/ticks.ts', ...args)
    // The first tick of a stall takes nearly all of it; a hiccup of the machine does not take half of one.
    return heldWindows(ticks, length / 2)
  },
})

const flap = (up: number, down: number): Trial => ({
  variant: `flap ${up} ms up, ${down} ms down`,
  period: up + down,
  length: down,
  fault: { name: 'flap', type: 'flap', up, down },
  see: async (port, seconds) => {
    const args = [port, seconds, KNOCK_GAP_MS]
    const { knocks } = await runNode<{ knocks: Knock[] }>((seconds + 20) * 1000, 'load/knocks.ts', ...args)
    return closedWindows(knocks)
  },
})

const TRIALS = [stall(500, 100), stall(2000, 1000), flap(400, 200), flap(1000, 1000)]

export const fidelityWindows: Case = {
  name: 'fidelity-windows',
  group: 'fidelity',
  summary:
    `Windows of stall (answers are held) and flap (connecting is refused) as a client sees them, looking every ${TICK_GAP_MS} to ${KNOCK_GAP_MS} ms. ` +
    'Begin and end are places in the period, which is counted from the median begin: delivered is the worst of all windows.',
  metrics: [...judgedMetrics('ms', 2), { key: 'windows', label: 'windows', digits: 0 }],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    await takeTurns(context, loadServer('echo-server.ts'), async (rival, { port, admin }, round) => {
      if (round === 0) return
      for (const { variant, fault, period, length, see } of TRIALS) {
        const periods = context.quick ? 4 : 10
        const windows = await admin?.withFaults(PROXY, [fault], () => see(port, (period * periods) / 1000))
        if (windows === undefined) return
        const fit = fitWindows(windows, { period, length })
        const rows = { begin: [0, fit.begin], end: [length, fit.end], period: [period, fit.period] } as const
        for (const [row, [requested, delivered]] of Object.entries(rows)) {
          const metrics = { ...judged({ requested, delivered, tolerance: TOLERANCE_MS }), windows: windows.length }
          context.record({ variant: `${variant}: ${row}`, rival: rival.name, round, metrics })
        }
      }
    })
  },
}
