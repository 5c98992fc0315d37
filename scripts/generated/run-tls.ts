import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import { loadCertificates } from '../../src/engine/tls/load-certificates.ts'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { JumpingClock } from './jumping-clock.ts'
import { inTurn, portOf, runProxy } from './running-proxy.ts'
import { time } from './transcript.ts'

interface TlsClient {
  /** What is worth knowing of it. */
  readonly text: string
  readonly options: ConnectionOptions
  /** After so many milliseconds without an answer; default: never. */
  readonly givesUpAfter?: number
}

const PLAIN: TlsClient = { text: 'a client', options: {} }

/** Where one client does not show what the example of a fault does. */
const CLIENTS: Readonly<Record<string, readonly TlsClient[]>> = {
  tls_delay: [PLAIN, PLAIN, PLAIN],
  // Time goes on to the time-out of a client where nothing else is to come: only here may it be set.
  tls_stall: [{ text: 'a client that waits for 10 s', options: {}, givesUpAfter: 10_000 }],
  tls_certificate: [
    { text: 'a client that verifies the certificate', options: {} },
    { text: 'a client that does not verify the certificate', options: { rejectUnauthorized: false } },
  ],
  tls_version: [
    { text: 'a client that speaks TLS 1.2 and 1.3', options: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } },
    { text: 'a client that speaks TLS 1.2 alone', options: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } },
  ],
  tls_alpn: [
    { text: 'a client that offers h2 and http/1.1', options: { ALPNProtocols: ['h2', 'http/1.1'] } },
    { text: 'a client that offers h2 alone', options: { ALPNProtocols: ['h2'] } },
    { text: 'a client that offers nothing', options: {} },
  ],
}

interface Seen {
  readonly at: number
  readonly text: string
}

const NAME = 'shop.example'

/** What TLS clients see of a proxy that ends TLS and has the example of the fault, each on a connection of its own. */
export function tlsTranscript(definition: FaultDefinition): Promise<string> {
  return inTurn(() => run(definition))
}

async function run(definition: FaultDefinition): Promise<string> {
  const clock = new JumpingClock()
  const { createAuthority } = await loadCertificates()
  const authority = await createAuthority(Date.now())
  const sockets = new Set<Socket>()
  const upstream = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const fields = { upstream: `127.0.0.1:${portOf(upstream.address())}`, tls: { listen: { authority: true } } }
  const proxy = await runProxy('shop', definition, fields, clock, authority)
  try {
    const clients: (readonly Seen[])[] = []
    for (const client of CLIENTS[definition.type] ?? [PLAIN]) {
      clients.push(await handshake(client, proxy.port, authority.cert, clock))
    }
    return shown(clients)
  } finally {
    await proxy.close()
    for (const socket of sockets) socket.destroy()
    upstream.close()
  }
}

/** Times are from when the client begins. */
async function handshake(client: TlsClient, port: number, ca: string, clock: JumpingClock): Promise<readonly Seen[]> {
  const { text, options, givesUpAfter } = client
  const startedAt = clock.now()
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect({ host: '127.0.0.1', port, servername: NAME, ca, ...options })
  if (givesUpAfter !== undefined) clock.setTimer(givesUpAfter, () => resolve('gives up: there was no answer'))
  socket.on('secureConnect', () => {
    const { alpnProtocol } = socket
    const chosen = typeof alpnProtocol === 'string' ? `, ${alpnProtocol}` : ''
    resolve(`is connected: ${socket.getProtocol() ?? 'no TLS'}${chosen}`)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(`fails: ${error.code ?? error.message}`))
  socket.on('close', () => resolve('fails: the connection was closed'))
  const seen = await clock.until(promise)
  socket.destroy()
  return [
    { at: 0, text: `${text} begins a handshake` },
    { at: Math.round(clock.now() - startedAt), text: `it ${seen}` },
  ]
}

/** Times where there are any. */
function shown(clients: readonly (readonly Seen[])[]): string {
  const isTimed = clients.flat().some(({ at }) => at > 0)
  const texts = clients.map((seen) =>
    seen.map(({ at, text }) => (isTimed ? `${time(at).padStart(5)} ms  ${text}` : text)).join('\n'),
  )
  return texts.join('\n\n')
}
