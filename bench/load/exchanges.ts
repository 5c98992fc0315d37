// node exchanges.ts PORT CONNECTIONS EXCHANGES REQUEST RESPONSE GAP_MS [HOST]: on each connection one exchange after the other with
// exchange-server.ts, EXCHANGES in all, about GAP_MS apart. One is never sent before the one ahead of it is answered, so that none waits
// behind another. The first of each connection is not counted. Prints {"times":[…]} in milliseconds.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, connections = 1, exchanges = 1, request = 1, response = 1, gapMs = 0] = process.argv
  .slice(2)
  .map(Number)
const host = process.argv[8] ?? '127.0.0.1'
const message = Buffer.alloc(request, 'q')
const times: number[] = []

// A fixed number on each: whoever counted for a fixed time would see few of the slow ones.
const share = Math.ceil(exchanges / connections)
await Promise.all(Array.from({ length: connections }, converse))
console.log(JSON.stringify({ times: times.map((ms) => Math.round(ms * 1000) / 1000) }))

async function converse(): Promise<void> {
  const socket = connect({ port, host, noDelay: true })
  await once(socket, 'connect')
  let pending = 0
  let answered: (() => void) | undefined
  socket.on('data', (bytes: Buffer) => {
    pending += bytes.length
    if (pending < response) return
    pending -= response
    answered?.()
  })
  socket.once('close', () => {
    throw new Error('a connection was closed from the other side')
  })
  for (let done = 0; done <= share; done++) {
    const begin = performance.now()
    await new Promise<void>((resolve) => {
      answered = resolve
      socket.write(message)
    })
    if (done > 0) times.push(performance.now() - begin)
    // Uneven on purpose: an even beat could fall in with the proxy's timers.
    if (gapMs > 0) await sleep(gapMs * (0.5 + Math.random()))
  }
  socket.removeAllListeners('close').destroy()
}
