/** What an operator asks a running server for. */
export interface OperatorSignals extends Disposable {
  /** From now on they are obeyed; those that have come before are now. */
  obey(orders: Orders): void
}

export interface Orders {
  /** SIGHUP. */
  reload(): void
  /** SIGUSR2. (SIGUSR1 starts Node's debugger.) */
  halt(): void
}

/**
 * Takes SIGHUP and SIGUSR2 over from Node, with which they end the process, until it is disposed of.
 *
 * @param isHungUp whether the terminal that the process belongs to is gone: SIGHUP is then what its name says, and nobody is there any more.
 * @param onHungUp called in that case.
 */
export function operatorSignals(isHungUp: () => boolean, onHungUp: () => void): OperatorSignals {
  const waiting = new Set<keyof Orders>()
  let orders: Orders | undefined
  const ask = (order: keyof Orders): void => {
    if (orders === undefined) waiting.add(order)
    else orders[order]()
  }
  const onHangUp = (): void => (isHungUp() ? onHungUp() : ask('reload'))
  const onUser = (): void => ask('halt')
  process.on('SIGHUP', onHangUp)
  process.on('SIGUSR2', onUser)
  return {
    obey(given) {
      orders = given
      for (const order of waiting) given[order]()
      waiting.clear()
    },
    [Symbol.dispose]() {
      process.off('SIGHUP', onHangUp)
      process.off('SIGUSR2', onUser)
    },
  }
}
