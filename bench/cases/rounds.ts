import { Program } from '../program.ts'
import type { Rival, RunningRival } from '../rivals/rival.ts'
import type { CaseContext } from './case.ts'

/** A server behind the proxies. */
export interface Upstream extends AsyncDisposable {
  readonly port: number
}

export type StartUpstream = () => Promise<Upstream>

/** Starts a server of bench/load that prints its port. */
export const loadServer =
  (file: string, ...args: readonly number[]): StartUpstream =>
  async () => {
    const program = Program.node(`load/${file}`, ...args)
    const { port } = await program.firstLine<{ port: number }>()
    return { port, [Symbol.asyncDispose]: () => program.stop() }
  }

/** What to do with a rival that runs. `round` 0 is the warm-up. */
export type Turn = (rival: Rival, running: RunningRival, round: number) => Promise<void>

/**
 * Starts all rivals, each before an upstream of its own, warms each up, and then lets them take turns round after round (A B A B): what
 * disturbs the machine for a while disturbs all of them. A rival that fails is noted and leaves the case.
 */
export async function takeTurns(context: CaseContext, startUpstream: StartUpstream, turn: Turn): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const running = new Map<Rival, RunningRival>()
  for (const rival of context.rivals) {
    await orNote(context, rival, async () => {
      const upstream = stack.use(await startUpstream())
      running.set(rival, stack.use(await rival.start(upstream.port)))
    })
  }
  for (let round = 0; round <= context.rounds; round++) {
    for (const [rival, proxy] of running) {
      const done = await orNote(context, rival, () => turn(rival, proxy, round))
      if (!done) running.delete(rival)
    }
  }
}

/** Like `takeTurns`, but with a new process for each turn and no warm-up: for figures that what was before would change (memory).
 * A quick run does it once: starting is most of the work, and memory varies little. */
export async function takeFreshTurns(context: CaseContext, startUpstream: StartUpstream, turn: Turn): Promise<void> {
  const rounds = context.quick ? 1 : context.rounds
  for (let round = 1; round <= rounds; round++) {
    for (const rival of context.rivals) {
      await orNote(context, rival, async () => {
        await using upstream = await startUpstream()
        await using running = await rival.start(upstream.port)
        await turn(rival, running, round)
      })
    }
  }
}

async function orNote(context: CaseContext, rival: Rival, action: () => Promise<void>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    context.note(`${rival.name}: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}
