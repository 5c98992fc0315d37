// node ping.ts PORT SECONDS SESSIONS GAP_MS: sends small messages to an echo server on SESSIONS connections, each about every GAP_MS
// whether or not answers are outstanding. Prints {"roundTrips":[…]} in milliseconds.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, seconds = 0, sessions = 1, gapMs = 10] = process.argv.slice(2).map(Number)
const message = Buffer.alloc(16, 'p')
const roundTrips: number[] = []
const end = performance.now() + seconds * 1000

await Promise.all(Array.from({ length: sessions }, session))
console.log(JSON.stringify({ roundTrips: roundTrips.map((ms) => Math.round(ms * 1000) / 1000) }))

async function session(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const sent: number[] = []
  let pending = 0
  socket.on('data', (bytes: Buffer) => {
    const now = performance.now()
    for (pending += bytes.length; pending >= message.length; pending -= message.length) {
      roundTrips.push(now - (sent.shift() ?? now))
    }
  })
  while (performance.now() < end) {
    sent.push(performance.now())
    socket.write(message)
    // Uneven on purpose: an even beat could fall in with the proxy's timers.
    await sleep(gapMs * (0.5 + Math.random()))
  }
  await answered(socket, sent)
  socket.destroy()
}

async function answered(socket: Socket, sent: readonly number[]): Promise<void> {
  while (sent.length > 0) await once(socket, 'data')
}
