import { Session, type Profiler } from 'node:inspector'

/** What was run since the sample before it. */
export type Sample = readonly FunctionRun[]

interface FunctionRun {
  /** Script and function. */
  readonly key: string
  /** One byte for each character of the function: 1 = it was run. */
  readonly run: Uint8Array
}

/**
 * Which code of the project this thread has run, by V8's own counters: block by block, without another text in the place of the one that is tested.
 * Collecting takes some milliseconds, whatever was run: it is for many inputs at once.
 */
export class Coverage implements Disposable {
  readonly #session = new Session()
  readonly #root: string
  readonly #code: readonly string[]
  readonly #known = new Map<string, Uint8Array>()
  #reached = 0

  /** @param code files and folders below `root`, by the beginnings of their paths. */
  constructor(code: readonly string[], root = new URL('../', import.meta.url).href) {
    this.#root = root
    this.#code = code
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Characters of code that have been run; what stands in a function within another counts for both. */
  get reached(): number {
    return this.#reached
  }

  sample(): Sample {
    return this.#counts().flatMap(({ url, functions }) =>
      this.#isOurs(url) ? functions.map((each) => runOf(url, each)) : [],
    )
  }

  /** Whether anything in it had never been run before. */
  isNew(sample: Sample): boolean {
    return sample.some(({ key, run }) => {
      const known = this.#known.get(key)
      return run.some((each, at) => each === 1 && known?.[at] !== 1)
    })
  }

  /** From now on it has been run. */
  add(sample: Sample): void {
    for (const { key, run } of sample) {
      const known = this.#known.get(key) ?? new Uint8Array(run.length)
      this.#known.set(key, known)
      for (const [at, each] of run.entries()) {
        if (each !== 1 || known[at] === 1) continue
        known[at] = 1
        this.#reached++
      }
    }
  }

  [Symbol.dispose](): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  #counts(): readonly Profiler.ScriptCoverage[] {
    let outcome: Error | readonly Profiler.ScriptCoverage[] = []
    // It answers before it returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      outcome = error ?? answer.result
    })
    return counted(outcome)
  }

  #isOurs(url: string): boolean {
    if (!url.startsWith(this.#root)) return false
    const path = url.slice(this.#root.length)
    return this.#code.some((each) => path.startsWith(each))
  }
}

function counted(outcome: Error | readonly Profiler.ScriptCoverage[]): readonly Profiler.ScriptCoverage[] {
  if (outcome instanceof Error) throw outcome
  return outcome
}

/**
 * Ranges come from the outside in, and one that was run as often as what is around it is left out: only what they say together can be compared.
 */
function runOf(url: string, { functionName, ranges }: Profiler.FunctionCoverage): FunctionRun {
  const [{ startOffset: from, endOffset: to } = { startOffset: 0, endOffset: 0 }] = ranges
  const run = new Uint8Array(to - from)
  for (const { startOffset, endOffset, count } of ranges) {
    run.fill(count > 0 ? 1 : 0, startOffset - from, endOffset - from)
  }
  return { key: `${url}#${functionName}#${from}-${to}`, run }
}
