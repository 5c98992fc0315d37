// node http-server.ts: answers every HTTP/1.1 request with the same 128 bytes, on keep-alive connections. Prints {"port":…}.
// By hand, so that the upstream is not the bottleneck: node:http would cost more than most of the proxies measured.
import { serve } from './serve.ts'

const body = 'x'.repeat(128)
const response = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const END_OF_HEAD = '\r\n\r\n'

serve({ noDelay: true }, (socket) => {
  let pending = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    const heads = (pending + text).split(END_OF_HEAD)
    pending = heads.pop() ?? ''
    if (heads.length > 0) socket.write(response.repeat(heads.length))
  })
})
