// node sessions.ts PORT COUNT: opens COUNT sessions to an echo server, has each exchange one byte both ways, and keeps them open
// until it is stopped. Prints {"open":…} when all are there. Each 10 000 come from an address of their own (127.0.0.1, 127.0.0.2, …), because an
// address has some 28 000 ports for what it opens, and others want some of them.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const AT_ONCE = 100
const EACH_ADDRESS = 10_000

let begun = 0
const open: Socket[] = []
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (begun < count) open.push(await session(Math.floor(begun++ / EACH_ADDRESS)))
  }),
)
console.log(JSON.stringify({ open: open.length }))

async function session(address: number): Promise<Socket> {
  // Without an address the kernel knows the other end when it looks for a port, and needs no other one.
  const local = address === 0 ? {} : { localAddress: `127.0.0.${1 + address}` }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...local })
  socket.write('x')
  try {
    await once(socket, 'data')
  } catch (error) {
    // With one it does not, and may take the port of a connection that has just ended.
    if (address > 0 && isTaken(error)) return session(address)
    throw error
  }
  socket.once('close', () => {
    throw new Error('a session was closed from the other side')
  })
  return socket
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EADDRNOTAVAIL')
}
