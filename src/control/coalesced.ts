/** Runs something once at a time; however often it is asked for meanwhile, it runs once more. */
export class Coalesced<Why> {
  readonly #run: (why: Why) => Promise<void>
  #running: Promise<void> | undefined
  #next: { readonly why: Why } | undefined

  /** @param run must not reject. */
  constructor(run: (why: Why) => Promise<void>) {
    this.#run = run
  }

  /** @param why of those that are put together the last one counts. */
  ask(why: Why): void {
    this.#next = { why }
    this.#running ??= this.#runAll()
  }

  /** Answers when nothing is under way, and nothing is left to do. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #runAll(): Promise<void> {
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined
      await this.#run(next.why)
    }
    this.#running = undefined
  }
}
