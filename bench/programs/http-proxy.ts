// node http-proxy.ts UPSTREAM: an HTTP proxy by the `http-proxy` package. Prints {"port":…}.
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import httpProxy from 'http-proxy'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, agent })

const server = createServer((request, response) => {
  proxy.web(request, response, {}, () => response.destroy())
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })))
