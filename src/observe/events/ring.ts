/** One thing that has happened, ready to be sent. */
export interface HubEvent {
  /** Rises by one or more from one event to the next. */
  readonly number: number
  /** What a subscriber shows to go on behind it: the process and the number. */
  readonly id: string
  readonly type: string
  /** The proxy that it is about. */
  readonly proxy?: string
  /** The profile that it is about, or that what it is about belongs to. */
  readonly profile?: string
  /** As it goes over the wire (WHATWG HTML, section 9.2). */
  readonly frame: Buffer
}

export interface RingBounds {
  readonly events: number
  readonly bytes: number
}

/** The latest events, bounded in number and in bytes. */
export class EventRing {
  readonly #bounds: RingBounds
  readonly #events: HubEvent[] = []
  #bytes = 0
  #lost = 0

  constructor(bounds: RingBounds) {
    this.#bounds = bounds
  }

  /** The number of the latest event that it does not have any more; 0 = it has them all. */
  get lost(): number {
    return this.#lost
  }

  add(event: HubEvent): void {
    this.#events.push(event)
    this.#bytes += event.frame.length
    while (this.#events.length > this.#bounds.events || this.#bytes > this.#bounds.bytes) this.#loseOldest()
  }

  /** Those behind a number, oldest first. */
  after(number: number): readonly HubEvent[] {
    return this.#events.filter((event) => event.number > number)
  }

  #loseOldest(): void {
    const oldest = this.#events.shift()
    if (oldest === undefined) return
    this.#bytes -= oldest.frame.length
    this.#lost = oldest.number
  }
}
