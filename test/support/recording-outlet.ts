import type { AbortHow, Outlet } from '../../src/core/outlet.ts'
import type { Ending } from '../../src/core/words.ts'

const PRINTABLE = /^[\x20-\x7e]{1,24}$/

/** Short printable bytes as text, others by their number. */
export function shown(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  return PRINTABLE.test(text) ? JSON.stringify(text) : `${bytes.length} bytes`
}

/** Thousandths of a millisecond are enough, and hide float noise. */
export function time(at: number): number {
  return Number(at.toFixed(3))
}

/** An outlet that writes down what it is given, stamps and all: `100 bytes @ 250`, `end @ 250`, `reset @ 300 (injected: name)`. */
export class RecordingOutlet implements Outlet {
  readonly lines: string[] = []
  readonly stamps: number[] = []
  readonly chunks: Buffer[] = []
  /** What `chunk` answers. */
  welcomeAt = -Infinity

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  chunk(bytes: Buffer, at: number): number {
    this.chunks.push(bytes)
    this.stamps.push(at)
    this.lines.push(`${shown(bytes)} @ ${time(at)}`)
    return this.welcomeAt
  }

  end(at: number): void {
    this.lines.push(`end @ ${time(at)}`)
  }

  abort(at: number, how: AbortHow, ending: Ending): void {
    this.lines.push(`${how} @ ${time(at)} (${ending.origin}: ${ending.reason})`)
  }
}
