import { expect, test } from 'vitest'
import { KeyedQueue } from '../../../src/control/keyed-queue.ts'

test('jobs of one key run one after another, in order', async () => {
  const queue = new KeyedQueue()
  const lines: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = queue.run('a', async () => {
    lines.push('first begins')
    await gate.promise
    lines.push('first ends')
  })
  const second = queue.run('a', async () => lines.push('second'))
  await queue.run('b', async () => lines.push('other key'))
  gate.resolve()
  await Promise.all([first, second])
  expect(lines).toEqual(['first begins', 'other key', 'first ends', 'second'])
})

test('a job that fails is the problem of its caller alone', async () => {
  const queue = new KeyedQueue()
  const failing = queue.run('a', async () => {
    throw new Error('broken')
  })
  const next = queue.run('a', async () => 'done')
  await expect(failing).rejects.toThrow('broken')
  await expect(next).resolves.toBe('done')
})
