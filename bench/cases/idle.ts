import { setTimeout as sleep } from 'node:timers/promises'
import { filesFor, memoryBytes, peakBytes, relayLimit, resetPeak } from '../proc.ts'
import { Program } from '../program.ts'
import { isProxy, type Case, type CaseContext, type Metric } from './case.ts'
import { loadServer, takeFreshTurns } from './rounds.ts'

const SESSIONS = 5000
const WARM_UP = 100
const DEADLINE_MS = 60_000

const MANY = 20_000

const metrics: readonly Metric[] = [
  { key: 'bytes', label: 'bytes/session', digits: 0, compared: true },
  { key: 'memory', label: 'RSS with all of them, MB', digits: 0 },
  { key: 'peak', label: 'peak RSS while they came, MB', digits: 0 },
  { key: 'sessions', label: 'sessions', digits: 0 },
]

export const idle: Case = {
  name: 'idle',
  summary: `Memory of ${SESSIONS} sessions that have exchanged one byte both ways and then do nothing: growth of RSS over their number.`,
  metrics,
  takes: isProxy,
  async run(context) {
    const count = Math.min(SESSIONS, relayLimit())
    if (count < SESSIONS)
      context.note(`${count} sessions instead of ${SESSIONS}: the limit of open files allows no more`)
    await measure(context, count)
  },
}

export const idleMany: Case = {
  name: 'idle-20000',
  heavy: true,
  summary: `The same with ${MANY} sessions.`,
  metrics,
  takes: isProxy,
  async run(context) {
    if (relayLimit() >= MANY) return measure(context, MANY)
    context.note(`skipped: ${MANY} sessions need a hard limit of open files (ulimit -Hn) of ${filesFor(MANY)}`)
  },
}

async function measure(context: CaseContext, count: number): Promise<void> {
  const settleMs = context.quick ? 1000 : 2000
  await takeFreshTurns(context, loadServer('echo-server.ts'), async (rival, { port, pid }, round) => {
    if (pid === undefined) return
    // What a first session brings with it (compiled code, pools) is no cost of a session.
    const warmUp = await open(port, WARM_UP)
    await warmUp.stop()
    await sleep(settleMs)
    const before = memoryBytes(pid)
    resetPeak(pid)
    await using sessions = await open(port, count)
    await sleep(settleMs)
    const after = memoryBytes(pid)
    const peak = peakBytes(pid)
    await sessions.stop()
    context.record({
      variant: '',
      rival: rival.name,
      round,
      metrics: { bytes: (after - before) / count, memory: after / 1e6, peak: peak / 1e6, sessions: count },
    })
  })
}

async function open(port: number, count: number): Promise<Program> {
  const program = Program.node('load/sessions.ts', port, count)
  try {
    await program.firstLine(DEADLINE_MS)
    return program
  } catch (error) {
    await program.stop()
    throw error
  }
}
