import { setImmediate } from 'node:timers/promises'
import { textOf } from './loop.ts'

/** Catches what fails where nobody looks: rejections that nobody handles, and what is thrown out of timers and sockets. */
export class Settling implements Disposable {
  readonly #failed = (error: unknown): void => {
    this.#failure ??= textOf(error)
  }
  #failure: string | undefined

  constructor() {
    process.on('unhandledRejection', this.#failed).on('uncaughtException', this.#failed)
  }

  /** Lets happen what is about to. Answers the first of what has failed; `undefined` = nothing. */
  async settle(): Promise<string | undefined> {
    await setImmediate()
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#failed).off('uncaughtException', this.#failed)
  }
}
