// node http-server.ts: answers GET /N with 200 and N bytes on keep-alive connections; `Connection: close` is obeyed. Prints {"port":…}.
// By hand, so that the upstream is not the bottleneck: node:http would cost more than most of the proxies measured.
import type { Socket } from 'node:net'
import { serve } from './serve.ts'

const END_OF_HEAD = '\r\n\r\n'
const SIZE = /^GET \/(\d+) HTTP\/1\.1(?:\r|$)/
const CLOSE = /\r\nconnection: *close/i
const MOST_BYTES = 1e9

/** Whole responses, by their size: there are few. Those of a connection that stays, and those of one that is closed. */
const kept = new Map<string, Buffer>()
const last = new Map<string, Buffer>()

serve({ noDelay: true }, (socket) => {
  let pending = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    const heads = (pending + text).split(END_OF_HEAD)
    pending = heads.pop() ?? ''
    for (const head of heads) answer(socket, head)
  })
})

function answer(socket: Socket, head: string): void {
  const size = SIZE.exec(head)?.[1]
  if (size === undefined || Number(size) > MOST_BYTES) {
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return
  }
  if (CLOSE.test(head)) socket.end(response(last, size, 'Connection: close\r\n'))
  else socket.write(response(kept, size, ''))
}

function response(made: Map<string, Buffer>, size: string, fields: string): Buffer {
  const known = made.get(size)
  if (known !== undefined) return known
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}Content-Length: ${size}${END_OF_HEAD}`
  const whole = Buffer.concat([Buffer.from(head), Buffer.alloc(Number(size), 'x')])
  made.set(size, whole)
  return whole
}
