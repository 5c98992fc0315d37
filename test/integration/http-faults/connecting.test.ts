import { expect, test } from 'vitest'
import { FaultsRig, message, OK } from './rig.ts'

const ASKS = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const ANSWER = message(OK, [], 'body')

/**
 * A request that may go on, and waits for nothing but its upstream, asked to be called again and again for a time that had passed. So it was always the
 * first that was due, and nobody else of the whole engine got their turn: not even the delayed dial that it was waiting for.
 */
test('a request whose time has come waits for an upstream that takes its time, and so does everybody else', async () => {
  await using rig = await FaultsRig.start([
    { type: 'http_latency', phase: 'request', latency: '5ms' },
    { type: 'connect_delay', delay: '80ms' },
    { type: 'latency', latency: '20ms' },
  ])
  const lines = await Promise.all(Array.from({ length: 5 }, () => rig.line()))
  for (const line of lines) await line.tells({ asks: ASKS, answers: ANSWER })
  for (const line of lines) await line.tells({ asks: ASKS, answers: ANSWER })
  expect(rig.broken).toEqual([])
})
