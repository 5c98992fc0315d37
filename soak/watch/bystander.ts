/** A server that has nothing to do, on the same machine: how long it takes to answer is what the machine makes everybody wait. Prints its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((_, response) => response.end('ok'))
server.listen(0, '127.0.0.1', () => console.log(String((server.address() as AddressInfo).port)))
process.once('disconnect', () => process.exit(0))
