import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Of `/big.bin`: small enough to load at once, big enough to feel a bandwidth cap. */
export const BIG_FILE_BYTES = 300_000

export interface DemoOrigin extends AsyncDisposable {
  readonly port: number
}

interface Page {
  readonly type: string
  readonly body: string | Buffer
}

const PAGES: Readonly<Record<string, Page>> = {
  '/': {
    type: 'text/html; charset=utf-8',
    body: `<!doctype html>
<title>Fair weather</title>
<h1>Fair weather</h1>
<p>This page came through a Foulweather proxy. Try <a href="/orders.json">some JSON</a> or <a href="/big.bin">a file of ${BIG_FILE_BYTES} bytes</a>.
`,
  },
  '/orders.json': {
    type: 'application/json',
    body: JSON.stringify([
      { id: 1, item: 'umbrella' },
      { id: 2, item: 'raincoat' },
    ]),
  },
  '/big.bin': { type: 'application/octet-stream', body: Buffer.alloc(BIG_FILE_BYTES, 'foul weather ') },
}

/** A small web site: a page, some JSON, a file. */
export async function startDemoOrigin(): Promise<DemoOrigin> {
  const server = createServer((request, response) => {
    const page = PAGES[new URL(request.url ?? '/', 'http://demo').pathname]
    if (page === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('No such page.\n')
    else response.writeHead(200, { 'content-type': page.type }).end(page.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
