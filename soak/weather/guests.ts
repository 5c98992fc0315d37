import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Tally } from '../tally.ts'
import { ANY_PROXY, type Doors } from './doors.ts'

export interface Party {
  readonly api: Api
  readonly tally: Tally
  readonly doors: Doors
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
export async function hostGuests({ api, tally, doors, echo, name, port }: Party): Promise<void> {
  const made = await api.call('POST', '/v1/proxies', { name, listen: `127.0.0.1:${port}`, upstream: echo })
  if (made.status === 409) return
  if (made.status !== 201 && made.status !== 200) {
    tally.violate('answers', `creating ${name} answered ${made.status} ${made.text}`)
    return
  }
  const since = performance.now()
  const guests = Array.from({ length: GUESTS }, () =>
    connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {}),
  )
  const closed = Promise.all(guests.map((guest) => new Promise((resolve) => guest.once('close', resolve))))
  const lost = (await Promise.all(guests.map(greet))).find((error) => error !== undefined)
  // One whose thread dies is let go of by that.
  if (lost !== undefined && !doors.wasShut(ANY_PROXY, since, performance.now())) {
    tally.violate('answers', `${name}: ${lost.message}`)
  }
  const deleted = await api.call('DELETE', `/v1/proxies/${name}`)
  if (deleted.status !== 204) tally.violate('answers', `deleting ${name} answered ${deleted.status} ${deleted.text}`)
  const late = new AbortController()
  const left = await Promise.race([closed.then(() => true), sleep(LEAVES_WITHIN, false, { signal: late.signal })])
  late.abort()
  if (!left) tally.violate('stuck', `sessions of ${name} live on ${LEAVES_WITHIN} ms after it was deleted`)
  for (const guest of guests) guest.destroy()
  tally.count('guests', GUESTS)
}

/** Answers what has come between; `undefined` = it was answered. */
function greet(socket: Socket): Promise<Error | undefined> {
  return new Promise((resolve) => {
    socket.once('error', resolve)
    socket.once('close', () => resolve(new Error('closed before it was answered')))
    socket.once('connect', () => socket.write('guest'))
    socket.once('data', () => resolve(undefined))
  })
}
