// node bulk-server.ts: a connection asks by one line, `download N`, `upload N` or `exchange N`; N bytes follow in that direction, or in both at once.
// The end of an upload is confirmed with `done`, that of an exchange by the end of the connection. Prints {"port":…}.
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
    const had = bytes.length - end - 1
    if (verb === 'download') void download(socket, Number(count))
    else if (verb === 'upload') void sink(socket, Number(count), had).then(() => socket.end('done\n'))
    else void exchange(socket, Number(count), had)
  }
  socket.on('data', onData)
})

async function download(socket: Socket, count: number): Promise<void> {
  await writeBulk(socket, count)
  socket.end()
}

async function exchange(socket: Socket, count: number, had: number): Promise<void> {
  await Promise.all([writeBulk(socket, count), sink(socket, count, had)])
  socket.end()
}

function sink(socket: Socket, count: number, had: number): Promise<void> {
  let left = count - had
  return new Promise((resolve) => {
    const check = (): void => {
      if (left <= 0) resolve()
    }
    socket.on('data', (bytes: Buffer) => {
      left -= bytes.length
      check()
    })
    check()
  })
}
