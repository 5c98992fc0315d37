import type { StageContext } from '../core/fault-factory.ts'
import type { Stage } from '../core/outlet.ts'
import { type DelayParams, quantileFor } from './delay-params.ts'
import { CorrelatedDraws } from './models/correlation.ts'
import type { Quantile } from './models/distribution.ts'
import { waveAt, type WaveParams } from './models/wave.ts'
import { PassThrough } from './pass-through.ts'
import { WaveStart } from './wave-start.ts'

/** Delays every chunk. The end is not delayed by itself; the queue keeps it behind the last delayed chunk. */
export class DelayStage extends PassThrough {
  readonly #latency: number
  readonly #quantile: Quantile | undefined
  readonly #draws: CorrelatedDraws | undefined
  readonly #wave: WaveParams | undefined
  readonly #context: StageContext
  readonly #start: WaveStart

  /** @param start absent = the wave begins when the stage begins to work. */
  constructor(p: DelayParams, context: StageContext, previous: Stage | undefined, start?: WaveStart) {
    super()
    const before = previous instanceof DelayStage ? previous : undefined
    this.#latency = p.latency
    this.#quantile = quantileFor(p)
    this.#wave = p.wave
    this.#context = context
    const { correlation = 0 } = p
    if (correlation > 0)
      this.#draws = new CorrelatedDraws(correlation, before === undefined ? undefined : before.#draws)
    // A wave goes on where it is: a new amplitude is no new beginning.
    this.#start = start ?? (before === undefined ? new WaveStart() : before.#start)
  }

  open(at: number): void {
    this.#start.beganAt(at)
  }

  override chunk(bytes: Buffer, at: number): number {
    const hold = this.#quantile === undefined && this.#wave === undefined ? this.#latency : this.#hold(at)
    if (hold > 0) this.#context.counters.applied++
    // A delay line has room for what is under way: its own hold is no reason to keep the sender waiting.
    return this.next.chunk(bytes, at + hold) - hold
  }

  #hold(at: number): number {
    const drawn = this.#quantile === undefined ? this.#latency : this.#quantile(this.#share())
    const added = this.#wave === undefined ? 0 : waveAt(this.#wave, at - this.#start.beganAt(at))
    return Math.max(0, drawn + added)
  }

  #share(): number {
    const { random } = this.#context
    return this.#draws === undefined ? random.next() : this.#draws.next(random)
  }
}
