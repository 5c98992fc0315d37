// node connections.ts PORT COUNT CONCURRENCY: opens, exchanges one small message with an echo server, closes; COUNT times.
// Prints {"count":…,"seconds":…}.
import { once } from 'node:events'
import { connect } from 'node:net'

const [port = 0, count = 0, concurrency = 1] = process.argv.slice(2).map(Number)
const message = Buffer.alloc(64, 'm')

let started = 0
const begin = performance.now()
await Promise.all(Array.from({ length: concurrency }, worker))
console.log(JSON.stringify({ count, seconds: (performance.now() - begin) / 1000 }))

async function worker(): Promise<void> {
  while (started < count) {
    started++
    await converse()
  }
}

async function converse(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(message)
  let received = 0
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length
    if (received === message.length) socket.end()
  })
  await once(socket, 'close')
  if (received !== message.length) throw new Error(`a connection got ${received} bytes back, not ${message.length}`)
}
