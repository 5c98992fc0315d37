// node http-exchanges.ts PORT CONNECTIONS REQUESTS BYTES GAP_MS: on each connection one GET of BYTES after the other, REQUESTS in all, about GAP_MS apart.
// Prints {"times":[…],"statuses":{"200":…}}: from asking to the last byte, in milliseconds; the first of each connection is in neither.
// By hand, because a client that parsed more than it needs would be late itself.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, connections = 1, requests = 1, bytes = 0, gapMs = 0] = process.argv.slice(2).map(Number)
const END_OF_HEAD = '\r\n\r\n'
const message = `GET /${bytes} HTTP/1.1\r\nHost: 127.0.0.1:${port}${END_OF_HEAD}`
const times: number[] = []
const statuses: Record<string, number> = {}

// A fixed number on each: whoever counted for a fixed time would see few of the slow ones.
const share = Math.ceil(requests / connections)
await Promise.all(Array.from({ length: connections }, converse))
console.log(JSON.stringify({ times: times.map((ms) => Math.round(ms * 1000) / 1000), statuses }))

interface Head {
  readonly status: string
  /** Of the whole response, bytes. */
  readonly length: number
}

async function converse(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let text = ''
  let head: Head | undefined
  let received = 0
  let answered: ((status: string) => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (head === undefined) head = readHead((text += chunk.toString('latin1')))
    if (head === undefined || received < head.length) return
    if (received > head.length) throw new Error(`${received - head.length} bytes came that nobody had asked for`)
    const { status } = head
    text = ''
    head = undefined
    received = 0
    answered?.(status)
  })
  socket.once('close', () => {
    throw new Error('a connection was closed from the other side')
  })
  for (let done = 0; done <= share; done++) {
    const begin = performance.now()
    const status = await new Promise<string>((resolve) => {
      answered = resolve
      socket.write(message)
    })
    if (done > 0) {
      times.push(performance.now() - begin)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
    // Uneven on purpose: an even beat could fall in with the proxy's timers.
    if (gapMs > 0) await sleep(gapMs * (0.5 + Math.random()))
  }
  socket.removeAllListeners('close').destroy()
}

function readHead(text: string): Head | undefined {
  const end = text.indexOf(END_OF_HEAD)
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (status === undefined || length === undefined) throw new Error(`not what was expected: ${JSON.stringify(head)}`)
  return { status, length: end + END_OF_HEAD.length + Number(length) }
}
