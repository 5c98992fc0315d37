import { setTimeout as sleep } from 'node:timers/promises'
import { memoryBytes, relayLimit } from '../proc.ts'
import { Program } from '../program.ts'
import { isProxy, type Case } from './case.ts'
import { loadServer, takeFreshTurns } from './rounds.ts'

const SESSIONS = 5000
const WARM_UP = 100
const DEADLINE_MS = 60_000

export const idle: Case = {
  name: 'idle',
  summary: `Memory of sessions that have exchanged one byte both ways and then do nothing: growth of RSS over their number.`,
  metrics: [
    { key: 'bytes', label: 'bytes/session', digits: 0, compared: true },
    { key: 'memory', label: 'RSS with all of them, MB', digits: 0 },
    { key: 'sessions', label: 'sessions', digits: 0 },
  ],
  takes: isProxy,
  async run(context) {
    const settleMs = context.quick ? 1000 : 2000
    const count = Math.min(SESSIONS, relayLimit())
    if (count < SESSIONS)
      context.note(`${count} sessions instead of ${SESSIONS}: the limit of open files allows no more`)
    await takeFreshTurns(context, loadServer('echo-server.ts'), async (rival, { port, pid }, round) => {
      if (pid === undefined) return
      // What a first session brings with it (compiled code, pools) is no cost of a session.
      const warmUp = await open(port, WARM_UP)
      await warmUp.stop()
      await sleep(settleMs)
      const before = memoryBytes(pid)
      await using sessions = await open(port, count)
      await sleep(settleMs)
      const after = memoryBytes(pid)
      await sessions.stop()
      context.record({
        variant: '',
        rival: rival.name,
        round,
        metrics: { bytes: (after - before) / count, memory: after / 1e6, sessions: count },
      })
    })
  },
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
