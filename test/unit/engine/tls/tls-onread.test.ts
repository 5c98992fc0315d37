import { expect, test } from 'vitest'
import { tlsOnread } from '../../../../src/engine/tls/tls-onread.ts'

test('what comes behind a refusal goes to other memory, until more is welcome', () => {
  const memory = Buffer.alloc(4)
  const read: string[] = []
  const answers = [true, false, true]
  const kept: Buffer[] = []
  const onread = tlsOnread(
    {
      buffer: () => memory,
      callback: (count, buffer) => {
        read.push(`memory: ${Buffer.from(buffer).toString('latin1', 0, count)}`)
        return answers.shift() ?? true
      },
    },
    (bytes) => {
      kept.push(bytes)
      read.push(`owned: ${bytes.toString('latin1')}`)
      return kept.length > 1
    },
  )
  // As Node does it: the memory for the next read is asked for behind each.
  const buffer = onread.buffer as () => Buffer
  let next = buffer()
  for (const text of ['one', 'two', 'big', 'four', 'five']) {
    next.write(text, 'latin1')
    onread.callback(text.length, next)
    next = buffer()
  }
  expect(read).toEqual(['memory: one', 'memory: two', 'owned: big', 'owned: four', 'memory: five'])
  // Nothing has written over what was given away.
  expect(kept.map(String)).toEqual(['big', 'four'])
})
