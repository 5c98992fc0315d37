import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { checkedBytes } from '../test/support/checked-stream.ts'
import type { Rival } from './rivals/rival.ts'

const CONNECTIONS = 4
const MESSAGES = 100
/** So short that one read brings all of it. */
const LONGEST = 1000
const DEADLINE_MS = 15_000

/**
 * Looks whether a rival that relays no stream gives short messages on as they are and brings back the answers to them, one at a time on each of
 * several connections. No answer is like its message: what were given back without the upstream would be seen.
 *
 * @throws Error saying what came out wrong.
 */
export async function verifyExchanges(rival: Rival): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('data', (bytes: Buffer) => socket.write(answerTo(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await using running = await rival.start((server.address() as AddressInfo).port)
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => converse(running.port, i + 1)))
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

const answerTo = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff))

async function converse(port: number, seed: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const signal = AbortSignal.timeout(DEADLINE_MS)
  try {
    for (let i = 0, at = 0; i < MESSAGES; i++) {
      const message = checkedBytes(seed, at, 1 + ((i * 7919) % LONGEST))
      at += message.length
      socket.write(message)
      const answer = await answerOf(socket, message.length, signal)
      if (!answer.equals(answerTo(message))) {
        throw new Error(`the answer to message ${i + 1} of connection ${seed} is not the one that was sent`)
      }
    }
  } finally {
    socket.destroy()
  }
}

async function answerOf(socket: Socket, length: number, signal: AbortSignal): Promise<Buffer> {
  let answer = Buffer.alloc(0)
  while (answer.length < length) {
    const [bytes] = (await once(socket, 'data', { signal })) as [Buffer]
    answer = Buffer.concat([answer, bytes])
  }
  return answer
}
