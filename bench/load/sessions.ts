// node sessions.ts PORT COUNT: opens COUNT sessions to an echo server, has each exchange one byte both ways, and keeps them open
// until it is stopped. Prints {"open":…} when all are there.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const AT_ONCE = 100

const open: Socket[] = []
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (open.length < count) await session()
  }),
)
console.log(JSON.stringify({ open: open.length }))

async function session(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  open.push(socket)
  socket.write('x')
  await once(socket, 'data')
  socket.once('close', () => {
    throw new Error('a session was closed from the other side')
  })
}
