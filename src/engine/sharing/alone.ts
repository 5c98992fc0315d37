import { plainCells } from '../../core/cells.ts'
import { PlainCounter } from './counter.ts'
import type { FaultCounts, FaultShare, GaugeShare, ProxyShare, Sharing } from './sharing.ts'

/** For a thread that serves all sessions: nothing is shared with anybody. */
export function createAlone(): Sharing {
  return {
    sessions: new PlainCounter(),
    decisions: new PlainCounter(),
    exchanges: new PlainCounter(),
    held: undefined,
    heldUp: new PlainCounter(),
    proxy: (): ProxyShare => ({
      leads: true,
      ordinals: new PlainCounter(),
      live: new PlainCounter(),
      active: new PlainCounter(),
      waiting: new PlainCounter(),
      exclusively: (act) => act(),
    }),
    fault: (_proxy, _fault, cells): FaultShare => {
      let made: ReturnType<typeof plainCells> | undefined
      return { active: new PlainCounter(), cells: () => (made ??= plainCells(cells())) }
    },
    counts: (_proxy, _fault, begun): FaultCounts => ({
      begun,
      met: new PlainCounter(),
      taken: new PlainCounter(),
      exchangesMet: new PlainCounter(),
      exchangesTaken: new PlainCounter(),
    }),
    gauge: () => new PlainGauge(),
    nudge: () => {},
  }
}

class PlainGauge implements GaugeShare {
  seen = new PlainCounter()
  selected = new PlainCounter()
  readonly active = new PlainCounter()
  acts = new PlainCounter()
  off = false
  spent = false
  run = 0

  stop(how: 'off' | 'spent'): boolean {
    const first = !this[how]
    this[how] = true
    return first
  }

  restart(): void {
    this.seen = new PlainCounter()
    this.selected = new PlainCounter()
    this.acts = new PlainCounter()
    this.off = false
    this.spent = false
    this.run++
  }

  moved(): void {}
}
