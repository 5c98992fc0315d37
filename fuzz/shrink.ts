import type { Finding } from './loop.ts'

/** Runs that it may take. */
const MOST_RUNS = 3000

/** What of an error says that it is the same one: its first line, without what comes from the input. */
function kindOf({ error }: Finding): string {
  const [line = ''] = error.split('\n')
  return line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\d+/g, '…').slice(0, 60)
}

/** The finding with as much taken away from its input as can be, for the same error. */
export async function shrunk(finding: Finding, run: (input: Buffer) => Promise<Finding | undefined>): Promise<Finding> {
  const kind = kindOf(finding)
  let best = finding
  let runs = 0
  for (let size = best.input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.input.length && runs < MOST_RUNS;) {
      const input = Buffer.concat([best.input.subarray(0, at), best.input.subarray(at + size)])
      runs++
      const found = await run(input)
      if (found !== undefined && kindOf(found) === kind) best = found
      else at += size
    }
  }
  return best
}
