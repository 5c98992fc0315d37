import { createServer, type AddressInfo, type ServerOpts, type Socket } from 'node:net'

/** Serves on an ephemeral port of `host` and prints {"port":…}. Errors of a connection end that connection alone. */
export function serve(options: ServerOpts, onConnection: (socket: Socket) => void, host = '127.0.0.1'): void {
  const server = createServer(options, (socket) => {
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  // The cases open thousands of connections at once: the default backlog would make the kernel drop some and try again after 1 s.
  server.listen({ port: 0, host, backlog: 4096 }, () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
  })
}
