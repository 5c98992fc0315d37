import { Worker } from 'node:worker_threads'
import type { CorpusInput } from './corpus.ts'
import { Heartbeat } from './heartbeat.ts'
import type { FromWorker, Job, Progress } from './job.ts'
import { type Finding, textOf } from './loop.ts'
import { type FuzzTarget, LONGEST_INPUT } from './target.ts'

/** What an input may take. */
export interface Bounds {
  /** Milliseconds of the processor: on a busy machine the clock says little. Default: 2000. */
  readonly cpuMs?: number
  /** By the clock, for one that waits for something that never comes; milliseconds. Default: 30 000. */
  readonly waitMs?: number
  /** Of the heap of a thread, MiB. Default: 512. */
  readonly heap?: number
  /** The code of a thread. */
  readonly worker?: URL
}

export interface RunOptions {
  readonly seed: number
  readonly seconds: number
  /** Default: no bound. */
  readonly runs?: number
  readonly onProgress?: (progress: Progress) => void
  readonly bounds?: Bounds
}

export interface RunResult extends Progress {
  readonly finding: Finding | undefined
  readonly elapsedMs: number
  /** Inputs that were taken for too slow and are not. */
  readonly suspected: number
}

const DEFAULTS: Required<Bounds> = {
  cpuMs: 2000,
  waitMs: 30_000,
  heap: 512,
  worker: new URL('./worker.ts', import.meta.url),
}
const LOOK_EVERY_MS = 250
/** The exit code where something is waited for, and nothing is left that could happen. */
const NOTHING_LEFT = 13
const NOTHING: Progress = { runs: 0, first: 0, reached: 0, inputs: 0, foundCount: 0, found: [] }

/** Runs a target in a thread of its own, which is ended where it does not come back from an input. */
export async function runTarget(
  target: FuzzTarget,
  corpus: readonly CorpusInput[],
  { seed, seconds, runs = Infinity, onProgress, bounds = {} }: RunOptions,
): Promise<RunResult> {
  const started = performance.now()
  const limits = { ...DEFAULTS, ...bounds }
  let total = NOTHING
  for (let suspected = 0; ; suspected++) {
    const before = total
    const heartbeat = new Heartbeat(
      Math.max(target.longest ?? LONGEST_INPUT, ...corpus.map(({ bytes }) => bytes.length)),
    )
    const job: Job = {
      kind: 'fuzz',
      target: target.name,
      // The same inputs again would be held up at the same place.
      seed: seed + suspected,
      seconds: seconds - (performance.now() - started) / 1000,
      runs: runs - before.runs,
      corpus: corpus.map(({ bytes }) => bytes),
      memory: heartbeat.memory,
    }
    const attempt = await runOnce(job, heartbeat, limits, (progress) => onProgress?.(sum(before, progress)))
    total = sum(before, attempt.progress)
    const finding = attempt.finding ?? (await judged(target.name, attempt.suspect, limits))
    const elapsedMs = performance.now() - started
    const isOver = attempt.suspect === undefined || elapsedMs >= seconds * 1000
    if (finding !== undefined || isOver) return { ...total, finding, suspected, elapsedMs }
  }
}

function sum(before: Progress, { runs, foundCount, found, ...rest }: Progress): Progress {
  return {
    ...rest,
    runs: before.runs + runs,
    foundCount: before.foundCount + foundCount,
    found: [...before.found, ...found],
  }
}

interface Suspect {
  /** The input that the thread did not come back from, or died of. */
  readonly input: Buffer
  readonly why: string
  /** It may have been another one: what an input leaves behind can end a thread later. */
  readonly died: boolean
}

interface Attempt {
  readonly progress: Progress
  readonly finding?: Finding
  readonly suspect?: Suspect
}

function runOnce(
  job: Job,
  heartbeat: Heartbeat,
  limits: Required<Bounds>,
  onProgress: (progress: Progress) => void,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>()
  let progress = NOTHING
  let finding: Finding | undefined
  const suspect = (why: string, died: boolean): void =>
    resolve({ progress, suspect: { input: heartbeat.input, why, died } })
  const thread = start(job, limits, (why) => suspect(why, true))
  thread.on('message', (message: FromWorker) => {
    if (message.kind === 'finding') finding = { input: Buffer.from(message.input), error: message.error }
    if (message.kind === 'progress') onProgress((progress = message))
    if (message.kind === 'done') resolve({ progress: message, ...(finding === undefined ? {} : { finding }) })
  })
  // Before the first input it reads its modules, which may take what it likes.
  const stop = watch(
    thread,
    limits,
    () => heartbeat.count,
    (why) => suspect(why, false),
  )
  return promise.finally(async () => {
    stop()
    await thread.terminate()
  })
}

/** Calls `late` once a thread stays at the same number, if that is not 0, for longer than it may. Answers how to stop that. */
function watch(
  thread: Worker,
  { cpuMs, waitMs }: Required<Bounds>,
  number: () => number,
  late: (why: string) => void,
): () => void {
  let last = { number: 0, usedMs: 0, at: 0 }
  const look = async (): Promise<void> => {
    const { user, system } = await thread.cpuUsage()
    const usedMs = (user + system) / 1000
    const at = performance.now()
    const now = number()
    if (now !== last.number) last = { number: now, usedMs, at }
    if (now === 0) return
    if (usedMs - last.usedMs > cpuMs) late(`it takes more than ${cpuMs} ms of the processor`)
    else if (at - last.at > waitMs) late(`it has no end within ${waitMs} ms`)
  }
  // A thread that has ended cannot be asked, and says so by itself.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

/** The suspect by itself, in a thread of its own. */
async function judged(
  target: string,
  suspect: Suspect | undefined,
  limits: Required<Bounds>,
): Promise<Finding | undefined> {
  if (suspect === undefined) return undefined
  const { input, why, died } = suspect
  const error = await runInput(target, input, limits)
  if (error !== undefined) return { input, error }
  return died
    ? { input, error: `${why}\n(This input does no harm by itself: it is one of those before it.)` }
    : undefined
}

/** Runs one input once, in a thread of its own. Answers what there is against it; `undefined` = nothing. */
export function runInput(target: string, input: Buffer, bounds: Bounds = {}): Promise<string | undefined> {
  const limits = { ...DEFAULTS, ...bounds }
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const thread = start({ kind: 'once', target, input }, limits, resolve)
  let begun = 0
  thread.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') begun = 1
    if (message.kind === 'once') resolve(message.error)
  })
  const stop = watch(thread, limits, () => begun, resolve)
  return promise.finally(async () => {
    stop()
    await thread.terminate()
  })
}

function start(job: Job, { heap, worker }: Required<Bounds>, died: (why: string) => void): Worker {
  const thread = new Worker(worker, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: heap } })
  thread.on('error', (error: unknown) => died(textOf(error)))
  thread.on('exit', (code) =>
    died(code === NOTHING_LEFT ? 'it waits for what never comes' : `its thread ended with ${code}`),
  )
  return thread
}
