/** What an operator sends: the first signal asks for an orderly stop, the second for one at once. */
export interface StopSignals extends Disposable {
  readonly first: Promise<NodeJS.Signals>
  readonly second: Promise<NodeJS.Signals>
  /** Another reason to stop counts as one of them. */
  stop(signal: NodeJS.Signals): void
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Takes SIGINT and SIGTERM over from Node until it is disposed of. */
export function stopSignals(): StopSignals {
  const first = Promise.withResolvers<NodeJS.Signals>()
  const second = Promise.withResolvers<NodeJS.Signals>()
  let count = 0
  const onSignal = (signal: NodeJS.Signals): void => (++count === 1 ? first : second).resolve(signal)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    first: first.promise,
    second: second.promise,
    stop: onSignal,
    [Symbol.dispose](): void {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
