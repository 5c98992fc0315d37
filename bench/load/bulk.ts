// node bulk.ts PORT download|upload|exchange BYTES: one transfer on one connection, asked of bulk-server.ts.
// Prints {"bytes":…,"seconds":…}: the time from asking to the last byte (download), to its confirmation (upload), or to the later of the last
// bytes of both ways (exchange, whose bytes are those of both).
import { once } from 'node:events'
import { connect } from 'node:net'
import { writeBulk } from './write-bulk.ts'

const [port, verb, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])]

let received = 0
let last = 0
const socket = connect({
  port,
  host: '127.0.0.1',
  noDelay: true,
  onread: {
    buffer: Buffer.alloc(1 << 20),
    callback: (n) => {
      received += n
      last = performance.now()
      return true
    },
  },
})
await once(socket, 'connect')
const begin = performance.now()
socket.write(`${verb} ${count}\n`)
if (verb !== 'download') await writeBulk(socket, count)
await once(socket, 'end')
if (verb === 'exchange') last = performance.now()

const expected = verb === 'upload' ? 'done\n'.length : count
if (received !== expected) throw new Error(`${received} bytes came back, not ${expected}`)
console.log(JSON.stringify({ bytes: verb === 'exchange' ? 2 * count : count, seconds: (last - begin) / 1000 }))
