import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'

const PROGRAM = fileURLToPath(new URL('../../support/relay-heap.ts', import.meta.url))

/** So large that nothing is collected while messages are counted: all that is allocated stays to be seen. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']
const MESSAGES = 20_000

/**
 * One object with two fields takes 40 bytes, and a view of a buffer over 100. What is left here is the heap's own housekeeping; up to Node 24, what Node
 * itself makes of every read and write comes on top.
 */
const NOTHING_BYTES = Number(process.versions.node.split('.')[0]) < 26 ? 80 : 10

test('passing a message on allocates nothing', async () => {
  await using echo = await Upstream.echo()
  const child = fork(PROGRAM, [`127.0.0.1:${echo.port}`], { execArgv: FLAGS })
  const told = async (): Promise<number> => {
    const [value] = await once(child, 'message')
    return Number(value)
  }
  const heap = async (when: 'after' | 'now'): Promise<number> => {
    child.send(when)
    return await told()
  }
  try {
    using client = await Peer.connect(await told())
    // Compiled code comes and goes; then all is as it stays.
    await pingPong(client, MESSAGES)
    await heap('after')
    const before = await heap('now')
    await pingPong(client, MESSAGES)
    // Each way.
    expect((await heap('now')) - before).toBeLessThan(2 * MESSAGES * NOTHING_BYTES)
  } finally {
    child.kill()
  }
})

async function pingPong({ socket }: Peer, count: number): Promise<void> {
  const message = Buffer.alloc(64, 'm')
  await new Promise<void>((resolve) => {
    let left = count
    let received = 0
    const onData = (bytes: Buffer): void => {
      received += bytes.length
      if (received < message.length) return
      received = 0
      if (--left > 0) {
        socket.write(message)
        return
      }
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.write(message)
  })
}
