import { nowhere, type AbortHow, type Outlet, type Stage } from '../core/outlet.ts'
import type { Ending } from '../core/words.ts'
import { drawChunk, type ChunkDrawOptions } from './chunk-draws.ts'

/** In the place of the stage of a fault that draws for each chunk and only counts: everything passes. */
export class ShadowStage implements Stage {
  next: Outlet = nowhere
  readonly #draws: ChunkDrawOptions

  constructor(draws: ChunkDrawOptions) {
    this.#draws = draws
  }

  chunk(bytes: Buffer, at: number): number {
    if (drawChunk(this.#draws)) this.#draws.slot.fault.work.tally.shadowed++
    return this.next.chunk(bytes, at)
  }

  end(at: number): void {
    this.next.end(at)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.next.abort(at, how, ending)
  }
}
