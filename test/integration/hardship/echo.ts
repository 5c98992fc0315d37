/** Sends back what comes; prints its port, and ends with its input. */
import { createServer, type AddressInfo } from 'node:net'

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.pipe(socket)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(String((server.address() as AddressInfo).port))
})
process.stdin.resume().once('end', () => process.exit(0))
