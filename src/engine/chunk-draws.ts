import type { Random } from '../core/random.ts'
import type { Direction } from '../core/words.ts'
import type { FaultNow } from './fault-at-work.ts'
import type { Selection } from './selection.ts'

/** What is to be remembered of a stage over its updates. */
export interface SieveMemory {
  /** Chunks that came. */
  chunks: number
  /** The stage has acted on this session. */
  acted: boolean
}

/** A stage's fault as it is now: the probability may change while the stage stays. */
export interface HasFault {
  readonly fault: FaultNow
}

export interface ChunkDrawOptions {
  readonly slot: HasFault
  readonly selection: Selection
  readonly direction: Direction
  readonly random: Random
  readonly memory: SieveMemory
}

/** Whether the next chunk is selected, where a fault draws for each; put on record. */
export function drawChunk({ slot: { fault }, selection, direction, random, memory }: ChunkDrawOptions): boolean {
  const { shared, proxy, ordinal } = selection.place
  const chunk = ++memory.chunks
  const drawn = random.next() < fault.plan.probability
  const selected = shared.replay?.chunk(proxy, ordinal, fault.work.name, direction, chunk) ?? drawn
  selection.chunkDecided(fault, direction, chunk, selected)
  return selected
}
