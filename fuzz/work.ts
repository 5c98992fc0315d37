import { parentPort, workerData } from 'node:worker_threads'
import { randomFor } from '../src/core/random.ts'
import { Coverage } from './coverage.ts'
import { drawFrom } from './draw.ts'
import { Heartbeat } from './heartbeat.ts'
import { FuzzLoop, textOf } from './loop.ts'
import { Settling } from './settling.ts'
import type { FromWorker, Job } from './job.ts'
import type { FuzzTarget } from './target.ts'

const PROGRESS_MS = 1000
const begun = performance.now()

/** Does what this thread was started for: runs a target for a while, or one input once. */
export async function work(targetOf: (name: string) => FuzzTarget): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- run.ts alone starts such threads
  const job = workerData as Job
  const target = targetOf(job.target)
  if (job.kind === 'once') await once(target, job)
  else await fuzz(target, job)
  parentPort?.close()
}

function tell(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}

async function once(target: FuzzTarget, { input }: Extract<Job, { kind: 'once' }>): Promise<void> {
  using settling = new Settling()
  const open = await target.open()
  tell({ kind: 'ready' })
  let error: string | undefined
  try {
    await open.run(Buffer.from(input))
    error = await settling.settle()
  } catch (thrown) {
    error = textOf(thrown)
  }
  tell({ kind: 'once', error })
  await open.close?.()
}

async function fuzz(
  target: FuzzTarget,
  { seed, seconds, runs, corpus, memory }: Extract<Job, { kind: 'fuzz' }>,
): Promise<void> {
  const heartbeat = new Heartbeat(memory)
  const open = await target.open()
  using settling = new Settling()
  using coverage = new Coverage(target.code)
  // What was run to get here is none of the inputs' doing.
  coverage.add(coverage.sample())
  const loop = new FuzzLoop({
    target,
    open,
    coverage,
    draw: drawFrom(randomFor(seed, 'fuzz', target.name)),
    corpus: corpus.map((bytes) => Buffer.from(bytes)),
    before: (input) => heartbeat.beat(input),
    settle: () => settling.settle(),
  })
  let finding = await loop.start()
  const first = coverage.reached
  const progress = (kind: 'progress' | 'done'): void => {
    const { inputs, found } = loop
    tell({
      kind,
      runs: loop.runs,
      first,
      reached: coverage.reached,
      inputs: inputs.length,
      found: kind === 'done' ? [...found] : [],
      foundCount: found.length,
    })
  }
  let told = performance.now()
  while (finding === undefined && performance.now() - begun < seconds * 1000 && loop.runs < runs) {
    finding = await loop.batch()
    if (performance.now() - told < PROGRESS_MS) continue
    told = performance.now()
    progress('progress')
  }
  if (finding !== undefined) tell({ kind: 'finding', ...finding })
  progress('done')
  await open.close?.()
}
