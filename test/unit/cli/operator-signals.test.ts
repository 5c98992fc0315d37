import { afterEach, expect, test } from 'vitest'
import { type OperatorSignals, operatorSignals } from '../../../src/cli/operator-signals.ts'

let told: string[] = []
let signals: OperatorSignals | undefined

function start(isHungUp: boolean): OperatorSignals {
  told = []
  signals = operatorSignals(
    () => isHungUp,
    () => told.push('hung up'),
  )
  return signals
}

const orders = { reload: () => void told.push('reload'), halt: () => void told.push('halt') }

afterEach(() => signals?.[Symbol.dispose]())

test('SIGHUP reloads and SIGUSR2 halts, each time', () => {
  start(false).obey(orders)
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGHUP'] as const) process.emit(signal)
  expect(told).toEqual(['reload', 'halt', 'reload'])
})

test('what has come during the start is obeyed after it, once', () => {
  const early = start(false)
  for (const signal of ['SIGUSR2', 'SIGHUP', 'SIGUSR2'] as const) process.emit(signal)
  expect(told).toEqual([])
  early.obey(orders)
  expect(told).toEqual(['halt', 'reload'])
})

test('SIGHUP of a terminal that is gone is its end', () => {
  start(true).obey(orders)
  process.emit('SIGHUP')
  expect(told).toEqual(['hung up'])
})

test('afterwards the signals are left to Node', () => {
  const before = [process.listenerCount('SIGHUP'), process.listenerCount('SIGUSR2')]
  start(false)[Symbol.dispose]()
  expect([process.listenerCount('SIGHUP'), process.listenerCount('SIGUSR2')]).toEqual(before)
})
