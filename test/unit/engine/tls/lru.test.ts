import { expect, test } from 'vitest'
import { Lru } from '../../../../src/engine/tls/lru.ts'

test('what was not asked for for longest goes first', () => {
  const kept = new Lru<number>(2)
  kept.set('a', 1)
  kept.set('b', 2)
  expect(kept.get('a')).toBe(1)
  kept.set('c', 3)
  expect([kept.get('a'), kept.get('b'), kept.get('c'), kept.size]).toEqual([1, undefined, 3, 2])
  kept.set('a', 4)
  kept.set('d', 5)
  expect([kept.get('a'), kept.get('c'), kept.get('d')]).toEqual([4, undefined, 5])
})

test('only the entry that is meant is forgotten', () => {
  const kept = new Lru<object>(2)
  const [old, renewed] = [{}, {}]
  kept.set('a', old)
  kept.set('a', renewed)
  kept.forget('a', old)
  expect(kept.get('a')).toBe(renewed)
  kept.forget('a', renewed)
  expect(kept.get('a')).toBeUndefined()
})
