// node ticks.ts PORT SECONDS GAP_MS: sends a byte to an echo server every GAP_MS on one connection, whether or not answers are outstanding.
// Prints {"ticks":[[sent,received],…]} in milliseconds since 1970.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, seconds = 0, gapMs = 1] = process.argv.slice(2).map(Number)
const now = (): number => performance.timeOrigin + performance.now()

const socket = connect({ port, host: '127.0.0.1', noDelay: true })
await once(socket, 'connect')
const sent: number[] = []
const ticks: (readonly [sent: number, received: number])[] = []
socket.on('data', (bytes: Buffer) => {
  const received = now()
  for (let i = 0; i < bytes.length; i++) ticks.push([sent[ticks.length] ?? received, received])
})
for (const end = now() + seconds * 1000; now() < end; await sleep(gapMs)) {
  sent.push(now())
  socket.write('t')
}
while (ticks.length < sent.length) await once(socket, 'data')
socket.destroy()
console.log(JSON.stringify({ ticks }))
