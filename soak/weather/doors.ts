/** In the place of a proxy: a thread dies, and with it the connections that the kernel had queued for it. */
export const ANY_PROXY = '*'

/** When a proxy may have been shut, so that nobody could connect: by an order, or by a fault. */
export class Doors {
  readonly #shut = new Map<string, { from: number; until: number }[]>()

  /** From now on; until `reopens`, or for `ms` from now. */
  shut(proxy: string, ms = Infinity): void {
    const now = performance.now()
    const list = this.#shut.get(proxy) ?? []
    this.#shut.set(proxy, list)
    // What is over for long explains nothing any more.
    while (list[0] !== undefined && list[0].until < now - FORGOTTEN) list.shift()
    list.push({ from: now, until: now + ms + SLACK })
  }

  /** All that shut it is over by now. */
  reopened(proxy: string): void {
    const until = performance.now() + SLACK
    for (const door of this.#shut.get(proxy) ?? []) door.until = Math.min(door.until, until)
  }

  /** Whether it may have been shut at some time between the two. */
  wasShut(proxy: string, from: number, until: number): boolean {
    const doors = [...(this.#shut.get(proxy) ?? []), ...(this.#shut.get(ANY_PROXY) ?? [])]
    return doors.some((door) => door.from <= until && door.until >= from)
  }
}

/** A listener that opens again takes a moment, and longer on a machine that has no time. */
const SLACK = 3000
const FORGOTTEN = 120_000
