// node slow-reader.ts PORT BYTES BYTES_PER_SECOND: asks bulk-server.ts for BYTES and reads them at that rate (0: not at all after
// the first piece) until it is stopped. Prints {"reading":true} once the first piece is there.
import { once } from 'node:events'
import { connect } from 'node:net'

const [port = 0, bytes = 0, bytesPerSecond = 0] = process.argv.slice(2).map(Number)
const TICK_MS = 10

const socket = connect({ port, host: '127.0.0.1', noDelay: true })
await once(socket, 'connect')
socket.write(`download ${bytes}\n`)
// Listening for `readable` keeps the socket from flowing by itself.
socket.on('readable', () => {})
await once(socket, 'readable')
const piece = Math.ceil((bytesPerSecond * TICK_MS) / 1000)
console.log(JSON.stringify({ reading: true }))
// A timer that does nothing keeps the process when nothing is read.
setInterval(() => (piece > 0 ? socket.read(Math.min(piece, socket.readableLength)) : undefined), TICK_MS)
