import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Tally } from '../tally.ts'

export interface Party {
  readonly api: Api
  readonly tally: Tally
  /** `host:port` of an echo. */
  readonly echo: string
  /** Of the proxy. */
  readonly name: string
  /** Where it listens: always the same, because what was counted at an address is kept for a bounded number of addresses. */
  readonly port: number
}

const GUESTS = 3
const LEAVES_WITHIN = 20_000

/** Makes a proxy, connects through it, and deletes it: its sessions have to end at once. */
export async function hostGuests({ api, tally, echo, name, port }: Party): Promise<void> {
  const made = await api.call('POST', '/v1/proxies', { name, listen: `127.0.0.1:${port}`, upstream: echo })
  if (made.status === 409) return
  if (made.status !== 201 && made.status !== 200) {
    tally.violate('answers', `creating ${name} answered ${made.status} ${made.text}`)
    return
  }
  const guests = await Promise.all(Array.from({ length: GUESTS }, () => greeted(port)))
  const closed = Promise.all(guests.map((guest) => once(guest, 'close')))
  const deleted = await api.call('DELETE', `/v1/proxies/${name}`)
  if (deleted.status !== 204) tally.violate('answers', `deleting ${name} answered ${deleted.status} ${deleted.text}`)
  const late = new AbortController()
  const left = await Promise.race([closed.then(() => true), sleep(LEAVES_WITHIN, false, { signal: late.signal })])
  late.abort()
  if (!left) tally.violate('stuck', `sessions of ${name} live on ${LEAVES_WITHIN} ms after it was deleted`)
  for (const guest of guests) guest.destroy()
  tally.count('guests', GUESTS)
}

async function greeted(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('guest')
  await once(socket, 'data')
  return socket
}
