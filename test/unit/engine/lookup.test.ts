import type { LookupAddress } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { lookupAll, sharedLookup } from '../../../src/engine/lookup.ts'

interface Answer {
  readonly error: NodeJS.ErrnoException | null
  readonly addresses: LookupAddress[]
}

function ask(hostname: string): Promise<Answer> {
  return new Promise((resolve) => {
    lookupAll(hostname, (error, addresses) => resolve({ error, addresses }))
  })
}

const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

// A name server that does not answer fills the threads that lookups share; nobody who means this machine should have to wait for one.
test.each(['localhost', 'LOCALHOST', 'localhost.', 'db.localhost'])(
  '%s is this machine, without asking anybody',
  async (name) => {
    expect(await ask(name)).toEqual({ error: null, addresses: LOOPBACK })
  },
)

test('who asks for a name that is being looked up shares the answer', async () => {
  const [one, other] = await Promise.all([ask('nobody.invalid'), ask('nobody.invalid')])
  expect(one.error).toBeInstanceOf(Error)
  expect(other.error).toBe(one.error)
  expect(one.addresses).toEqual([])
})

test('who asks after the answer asks anew', async () => {
  const first = await ask('nobody.invalid')
  expect((await ask('nobody.invalid')).error).not.toBe(first.error)
})

test('a text that is no name fails like one that nobody knows', async () => {
  expect((await ask('a\0b')).error).toBeInstanceOf(Error)
})

function look(options: Parameters<typeof sharedLookup>[1]): Promise<unknown[]> {
  return new Promise((resolve) => {
    sharedLookup('localhost', options, (...answer) => resolve(answer))
  })
}

describe('for sockets', () => {
  test('all addresses', async () => expect(await look({ all: true })).toEqual([null, LOOPBACK]))
  test('the first', async () => expect(await look({})).toEqual([null, '127.0.0.1', 4]))
  test('of one family', async () => {
    expect(await look({ family: 6 })).toEqual([null, '::1', 6])
    expect(await look({ family: 'IPv6', all: true })).toEqual([null, [LOOPBACK[1]]])
  })
})
