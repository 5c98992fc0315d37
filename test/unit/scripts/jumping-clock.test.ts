import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { JumpingClock } from '../../../scripts/generated/jumping-clock.ts'

test('time goes on to what is due, in order, and no farther than needed', async () => {
  const clock = new JumpingClock()
  const { promise, resolve } = Promise.withResolvers<void>()
  const fired: number[] = []
  clock.setTimer(20_000, resolve)
  clock.setTimer(300, () => fired.push(clock.now()))
  clock.setTimer(20_001, () => fired.push(clock.now()))
  await clock.until(promise)
  expect(fired).toEqual([300])
  expect(clock.now()).toBe(20_000)
})

test('a timer that is cleared does not fire', async () => {
  const clock = new JumpingClock()
  const { promise, resolve } = Promise.withResolvers<string>()
  clock.clearTimer(clock.setTimer(1, () => resolve('cleared')))
  clock.setTimer(2, () => resolve('set'))
  expect(await clock.until(promise)).toBe('set')
})

test('it does not jump to guards that are far away: what takes real time is waited for', async () => {
  const clock = new JumpingClock()
  clock.setTimer(60_000, () => {})
  expect(await clock.until(setTimeout(50, 'done'))).toBe('done')
  expect(clock.now()).toBe(0)
})

test('it fails as what it waits for fails', async () => {
  await expect(new JumpingClock().until(Promise.reject(new Error('no')))).rejects.toThrow('no')
})
