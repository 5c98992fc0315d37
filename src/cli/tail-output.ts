import { addAbortListener } from 'node:events'
import { stopSignals } from './stop-signals.ts'

/** What becomes of the output of a command that goes on until it is stopped. */
export interface Output extends Disposable {
  /** Nobody wants more: a signal has come, or whoever read stdout has left. */
  readonly over: boolean
  /** Whoever reads stdout does not keep up: more would pile up in memory. */
  readonly full: boolean
  /** What `work` answers, or `undefined` as soon as it is over. */
  orOver<T>(work: Promise<T>): Promise<T | undefined>
}

/** Bytes that may wait for a reader. */
const MOST_WAITING = 2 ** 20

/** Takes SIGINT and SIGTERM over from Node until it is disposed of. */
export function watchOutput(): Output {
  const signals = stopSignals()
  const end = new AbortController()
  const onEnd = (): void => end.abort()
  void signals.first.then(onEnd)
  const { stdout } = process
  // EPIPE, and whatever else makes a stream useless for good.
  stdout.on('error', onEnd)
  return {
    get over() {
      return end.signal.aborted
    },
    get full() {
      return stdout.writableLength > MOST_WAITING
    },
    async orOver(work) {
      const over = Promise.withResolvers<undefined>()
      // A promise that is waited for with every turn and never comes would remember every turn.
      using _ = addAbortListener(end.signal, () => over.resolve(undefined))
      return await Promise.race([work, over.promise])
    },
    [Symbol.dispose]() {
      stdout.off('error', onEnd)
      signals[Symbol.dispose]()
    },
  }
}
