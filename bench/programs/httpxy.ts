// node httpxy.ts UPSTREAM: an HTTP proxy by the `httpxy` package. Prints {"port":…}.
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'httpxy'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, agent })

const server = createServer((request, response) => {
  proxy.web(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })))
