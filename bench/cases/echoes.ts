import { Program } from '../program.ts'
import { perUnit, type Spent, type Work } from './throughput.ts'

const OPENING_MS = 30_000
const SETTLING_MS = 20_000

/** What load/echo.ts saw: `units` are messages that came back. */
export interface Echoes extends Work {
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Messages that did not come back. */
  readonly dropped: number
  /** Of the proxy, where there is one: CPU microseconds per message, and most MB; connecting is in neither. */
  readonly own: Partial<Spent>
}

/** Messages to an echo server on so many connections for so long, and what the proxy spends on them. */
export async function echo(
  port: number,
  pid: number | undefined,
  connections: number,
  seconds: number,
): Promise<Echoes> {
  await using program = Program.node('load/echo.ts', port, connections, seconds)
  await program.firstLine(OPENING_MS)
  const [echoes, own] = await perUnit(pid, 1e6, async () => {
    const [, line = ''] = (await program.output(seconds * 1000 + SETTLING_MS)).split('\n')
    return JSON.parse(line) as Omit<Echoes, 'own'>
  })
  return { ...echoes, own }
}
