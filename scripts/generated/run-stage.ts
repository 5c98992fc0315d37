import { plainCells } from '../../src/core/cells.ts'
import type { AbortHow, Outlet } from '../../src/core/outlet.ts'
import { randomFor } from '../../src/core/random.ts'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { effectOf, parseParams } from '../../src/faults/index.ts'
import type { Scenario } from './scenario.ts'

/** Of one direction of one connection. Times are milliseconds. */
export interface StageRun {
  /** When the peer sent, and when the proxy read it: later where the fault made it wait. */
  readonly sent: readonly { readonly at: number; readonly read: number; readonly bytes: number }[]
  readonly ended: number | undefined
  readonly out: readonly { readonly at: number; readonly bytes: number }[]
  readonly endOut: number | undefined
  readonly abort: { readonly at: number; readonly how: AbortHow } | undefined
  readonly records: readonly { readonly at: number; readonly text: string }[]
  readonly applied: number
  /** How many bytes arrived with another value; `undefined` where not all arrived, or other ones came between. */
  readonly changed: number | undefined
}

/**
 * Runs the example of a fault as the engine would, on a clock that jumps: what comes in and the times at which the stage wants to be woken,
 * in order. `undefined`: it does nothing on the bytes of a connection.
 */
export function runStage(definition: FaultDefinition, scenario: Scenario): StageRun | undefined {
  const params = parseParams(definition.type, definition.example)
  const direction = definition.directions?.[0] === 'upstream' ? 'upstream' : 'downstream'
  const sink = new Sink()
  const counters = { seen: 1, selected: 1, applied: 0 }
  const records: { at: number; text: string }[] = []
  const shared = new Map<string, unknown>()
  const cells = plainCells(definition.cells ?? 0)
  const stage = definition.stage?.(
    params,
    {
      random: randomFor(1, 'docs', definition.type),
      counters,
      ending: { origin: 'injected', reason: definition.type },
      direction,
      shared<T extends object>(scope: string, make: () => T): T {
        const known = shared.get(scope) ?? make()
        shared.set(scope, known)
        // What a fault has made under its own name is what it asks for again.
        return known as T
      },
      cells: () => cells,
      record: (at, what, detail) =>
        records.push({ at, text: [what, ...(detail === undefined ? [] : [shown(detail)])].join(' ') }),
    },
    undefined,
  )
  if (stage === undefined) return undefined
  stage.next = sink
  stage.open?.(0)

  const sent: { at: number; read: number; bytes: number }[] = []
  const { count, step, bytes, end, until } = scenario
  let welcomeAt = 0
  let ended: number | undefined
  const planned = count + (end ? 1 : 0)
  let next = 0
  for (;;) {
    const inputAt = next < planned ? Math.max(next * step, welcomeAt) : Infinity
    const wakeAt = stage.wakeAt ?? Infinity
    const now = Math.min(inputAt, wakeAt)
    if (now > until || now > (sink.aborted?.at ?? Infinity)) break
    if (wakeAt <= inputAt) {
      stage.wake?.(now)
    } else if (next < count) {
      const chunk = filler(bytes, next)
      sink.given.push(chunk)
      sent.push({ at: next++ * step, read: now, bytes })
      welcomeAt = stage.chunk(chunk, now)
    } else {
      next++
      ended = now
      stage.end(now)
    }
  }
  const { out, endOut, aborted } = sink
  const changed = effectOf(definition, params) === 'content' ? sink.changed() : undefined
  return { sent, ended, out, endOut, abort: aborted, records, applied: counters.applied, changed }
}

/** Tenths are enough, as for times. */
function shown(detail: Readonly<Record<string, number | string>>): string {
  const pairs = Object.entries(detail).map(
    ([key, value]) => `${key}=${typeof value === 'number' ? Math.round(value * 10) / 10 : value}`,
  )
  return `(${pairs.join(', ')})`
}

/** The queue behind the stage: nothing overtakes, and nothing follows the end of the session. */
class Sink implements Outlet {
  readonly given: Buffer[] = []
  readonly out: { at: number; bytes: number }[] = []
  endOut: number | undefined
  aborted: { at: number; how: AbortHow } | undefined
  readonly #delivered: Buffer[] = []
  #last = 0

  chunk(bytes: Buffer, at: number): number {
    if (this.aborted !== undefined) return -Infinity
    this.out.push({ at: this.#inOrder(at), bytes: bytes.length })
    this.#delivered.push(bytes)
    return -Infinity
  }

  end(at: number): void {
    if (this.aborted === undefined) this.endOut = this.#inOrder(at)
  }

  abort(at: number, how: AbortHow): void {
    this.aborted ??= { at: this.#inOrder(at), how }
  }

  changed(): number | undefined {
    const before = Buffer.concat(this.given)
    const after = Buffer.concat(this.#delivered)
    if (before.length !== after.length) return undefined
    return before.reduce((sum, byte, index) => sum + (byte === after[index] ? 0 : 1), 0)
  }

  #inOrder(at: number): number {
    this.#last = Math.max(this.#last, at)
    return this.#last
  }
}

function filler(length: number, ordinal: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => 32 + ((ordinal * 7 + index) % 95)))
}
