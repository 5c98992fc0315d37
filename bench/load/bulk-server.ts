// node bulk-server.ts: a connection asks by one line, `download N` or `upload N`; N bytes follow in that direction.
// The end of an upload is confirmed with `done`. Prints {"port":…}.
import type { Socket } from 'node:net'
import { serve } from './serve.ts'
import { writeBulk } from './write-bulk.ts'

serve({ allowHalfOpen: true, noDelay: true }, (socket) => {
  let line = ''
  const onData = (bytes: Buffer): void => {
    const end = bytes.indexOf('\n')
    if (end === -1) {
      line += bytes.toString()
      return
    }
    socket.off('data', onData)
    const [verb, count] = (line + bytes.toString('latin1', 0, end)).split(' ')
    if (verb === 'download') void download(socket, Number(count))
    else sink(socket, Number(count), bytes.length - end - 1)
  }
  socket.on('data', onData)
})

async function download(socket: Socket, count: number): Promise<void> {
  await writeBulk(socket, count)
  socket.end()
}

function sink(socket: Socket, count: number, had: number): void {
  let left = count - had
  const check = (): void => {
    if (left <= 0) socket.end('done\n')
  }
  socket.on('data', (bytes: Buffer) => {
    left -= bytes.length
    check()
  })
  check()
}
