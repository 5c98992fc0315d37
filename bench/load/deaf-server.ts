// node deaf-server.ts: listens and never accepts: once its backlog is full, dials to it hang. Prints {"port":…}.
import { createServer, type AddressInfo } from 'node:net'
import { writeSync } from 'node:fs'

const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  writeSync(1, `${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
  // The kernel completes as many handshakes as the backlog holds; nobody is there to accept them.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
