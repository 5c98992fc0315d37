import { expect, test } from 'vitest'
import { Coalesced } from '../../../src/control/coalesced.ts'

/** Runs that end when they are told to. */
function rig() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const coalesced = new Coalesced<string>(async (why) => {
    begun.push(why)
    await new Promise<void>((resolve) => void ends.push(resolve))
  })
  const end = async (): Promise<void> => {
    ends.shift()?.()
    await new Promise((resolve) => void setImmediate(resolve))
  }
  return { begun, coalesced, end }
}

test('one run is under way at the most, and one more follows for all who have asked meanwhile', async () => {
  const { begun, coalesced, end } = rig()
  for (const why of ['a', 'b', 'c']) coalesced.ask(why)
  expect(begun).toEqual(['a'])
  await end()
  expect(begun).toEqual(['a', 'c'])
  await end()
  expect(begun).toEqual(['a', 'c'])
})

test('after the last one it begins anew', async () => {
  const { begun, coalesced, end } = rig()
  coalesced.ask('a')
  await end()
  coalesced.ask('b')
  expect(begun).toEqual(['a', 'b'])
  await end()
})

test('it is idle when nothing is under way and nothing is left to do', async () => {
  const { begun, coalesced, end } = rig()
  await coalesced.idle()
  coalesced.ask('a')
  coalesced.ask('b')
  const idle = coalesced.idle().then(() => begun.push('idle'))
  await end()
  await end()
  await idle
  expect(begun).toEqual(['a', 'b', 'idle'])
})
