import type { Coverage } from './coverage.ts'
import { wordsOf } from './corpus.ts'
import { shrunk } from './shrink.ts'
import { mutated, type Material } from './mutate.ts'
import { BATCH, type Draw, type FuzzTarget, type OpenTarget } from './target.ts'

/** An input of which something does not hold. */
export interface Finding {
  readonly input: Buffer
  /** What was thrown, with its stack. */
  readonly error: string
}

export interface LoopOptions {
  readonly target: FuzzTarget
  readonly open: OpenTarget
  readonly coverage: Coverage
  readonly draw: Draw
  readonly corpus: readonly Buffer[]
  /** Told of each input before it is run: whoever waits for it knows then which one never came to an end. */
  readonly before: (input: Buffer) => void
  /** Lets happen what inputs have left behind, and answers what has failed of it. Takes longer than most inputs do: it is for many at once. */
  readonly settle: () => Promise<string | undefined>
}

/** A share of inputs that are made anew, where the target can. */
const GENERATED = 0.15
/** A share of inputs that come of the newest: what they have reached has not been looked around in. */
const OF_NEWEST = 0.4
const NEWEST = 16

/**
 * Runs inputs, and keeps those that reach code that none before them has: the next ones are made of them. The same draws, corpus and code make the
 * same inputs.
 */
export class FuzzLoop {
  readonly #options: LoopOptions
  readonly #inputs: Buffer[] = []
  readonly #seen = new Set<string>()
  readonly #tokens: Buffer[] = []
  readonly #found: Buffer[] = []
  #runs = 0

  constructor(options: LoopOptions) {
    this.#options = options
  }

  get runs(): number {
    return this.#runs
  }

  /** Inputs that others are made of. */
  get inputs(): readonly Buffer[] {
    return this.#inputs
  }

  /** Those of them that were none of the corpus. */
  get found(): readonly Buffer[] {
    return this.#found
  }

  /** Runs the corpus, whose coverage is what there is to begin with. */
  async start(): Promise<Finding | undefined> {
    const { target, corpus, coverage } = this.#options
    this.#tokens.push(
      ...target.tokens.map((token) => Buffer.from(token, target.binary === true ? 'latin1' : 'utf8')),
      ...wordsOf(corpus),
    )
    for (const input of corpus.length > 0 ? corpus : [Buffer.alloc(0)]) {
      const finding = await this.#run(input)
      if (finding !== undefined) return finding
      this.#inputs.push(input)
      this.#seen.add(input.toString('latin1'))
    }
    const late = await this.#late(this.#inputs)
    coverage.add(coverage.sample())
    return late
  }

  /** Runs some more inputs. */
  async batch(): Promise<Finding | undefined> {
    const { target, coverage } = this.#options
    const batch = Array.from({ length: target.batch ?? BATCH }, () => this.#next())
    for (const input of batch) {
      const finding = await this.#run(input)
      if (finding !== undefined) return this.#small(finding)
    }
    const late = await this.#late(batch)
    if (late !== undefined) return late
    const sample = coverage.sample()
    if (!coverage.isNew(sample)) return undefined
    const finding = await this.#keepNew(batch)
    // What was reached once and not again (a cache that was filled then) is no reason to look again.
    coverage.add(sample)
    return finding
  }

  /** What of a batch that has been run fails behind it, and which input that is: asked one by one. */
  async #late(batch: readonly Buffer[]): Promise<Finding | undefined> {
    const { settle } = this.#options
    const error = await settle()
    if (error === undefined) return undefined
    for (const input of batch) {
      await this.#run(input)
      const late = await settle()
      if (late !== undefined) return { input, error: late }
    }
    return {
      input: batch.at(-1) ?? Buffer.alloc(0),
      error: `${error}\n(This input does no harm by itself: it is one of those before it.)`,
    }
  }

  /** Looks for those of a batch that reach new code by halves. */
  async #keepNew(batch: readonly Buffer[]): Promise<Finding | undefined> {
    const { coverage } = this.#options
    for (const input of batch) {
      const finding = await this.#run(input)
      if (finding !== undefined) return this.#small(finding)
    }
    const sample = coverage.sample()
    if (!coverage.isNew(sample)) return undefined
    const [only] = batch
    if (batch.length === 1 && only !== undefined) {
      coverage.add(sample)
      this.#keep(only)
      return undefined
    }
    const half = batch.length >> 1
    return (await this.#keepNew(batch.slice(0, half))) ?? (await this.#keepNew(batch.slice(half)))
  }

  #keep(input: Buffer): void {
    const text = input.toString('latin1')
    if (this.#seen.has(text)) return
    this.#seen.add(text)
    this.#inputs.push(input)
    this.#found.push(input)
  }

  #next(): Buffer {
    const { target, draw } = this.#options
    const fresh = target.generate !== undefined && draw.chance(GENERATED) ? target.generate(draw) : undefined
    if (fresh !== undefined && draw.chance(0.3)) return fresh
    const newest = draw.chance(OF_NEWEST) ? this.#inputs.slice(-NEWEST) : this.#inputs
    const material: Material = { inputs: this.#inputs, tokens: this.#tokens }
    return mutated(fresh ?? draw.pick(newest), target, material, draw)
  }

  async #run(input: Buffer): Promise<Finding | undefined> {
    const { open, before } = this.#options
    this.#runs++
    before(input)
    try {
      // Waiting for nothing costs more than most parsers do.
      const running = open.run(input)
      if (running !== undefined) await running
      return undefined
    } catch (error) {
      return { input, error: textOf(error) }
    }
  }

  #small(finding: Finding): Promise<Finding> {
    return shrunk(finding, (input) => this.#run(input))
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
