import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { randomFor, type Random } from '../../../src/core/random.ts'
import { StreamChecker, writeChecked } from '../../support/checked-stream.ts'
import { Upstream } from '../../support/peers.ts'
import { ProfileRig } from '../../support/profile-rig.ts'
import { eventually } from '../../support/wait.ts'

const RELOADS = 1000
/** The proxy `moved` gets another upstream every so many reloads: its sessions, and no others, end by it. */
const MOVES_EVERY = 100
const STEADY_SESSIONS = 6

/** A session of checked bytes that an echo server sends back, without end until it is told. */
class CheckedSession {
  readonly socket: Socket
  readonly #stop = new AbortController()
  readonly #seed: number
  readonly #checker: StreamChecker
  readonly #written: Promise<number>
  #closed = false

  constructor(port: number, seed: number) {
    this.#seed = seed
    this.#checker = new StreamChecker(seed)
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (bytes: Buffer) => this.#checker.feed(bytes))
    this.socket.once('close', () => (this.#closed = true))
    this.#written = this.#write()
    this.#written.catch(() => {})
  }

  get closed(): boolean {
    return this.#closed
  }

  get bytes(): number {
    return this.#checker.position
  }

  /** No byte more is sent, and all that were come back; answers what was wrong with them. */
  async finish(): Promise<string | undefined> {
    this.#stop.abort()
    const bytes = await this.#written
    const ended = once(this.socket, 'end')
    this.socket.end()
    await ended
    return this.#checker.finish(bytes)?.message
  }

  /** What came so far was exact: the end of a session that is cut off cannot be. */
  get problem(): string | undefined {
    return this.#checker.error?.message
  }

  async #write(): Promise<number> {
    const random = randomFor(this.#seed, 'sizes')
    const options = { signal: this.#stop.signal, pieceSize: () => Math.ceil(8192 * random.next()) }
    return writeChecked(this.socket, this.#seed, 2 ** 40, options)
  }
}

/** A profile whose faults keep every byte, some of them other than in the one before. */
function profileOf(random: Random, ports: Ports, upstream: string, moved: string): string {
  const pick = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random.next() * choices.length)] ?? choices[0]
  const faults = [
    `{ name: slow, on: '*', type: latency, direction: both, latency: ${pick(0, 1, 5, 20)}ms, jitter: ${pick(0, 1, 5)}ms, probability: ${pick(0.2, 0.5, 0.8, 1)} }`,
    `{ name: thin, on: steady, type: bandwidth, direction: downstream, rate: ${pick(2, 8, 32)}MB }`,
    `{ name: sliced, on: [steady, moved], type: slicer, average_size: ${pick(500, 2000)}, probability: ${pick(0.5, 1)} }`,
    `{ name: idle, on: steady, type: stall, every: ${pick(100, 200)}ms, for: ${pick(5, 20)}ms }`,
    `{ name: counted, on: moved, type: latency, latency: 2ms, shadow: ${pick(true, false)} }`,
  ].filter(() => random.next() < 0.7)
  return [
    'active: true',
    'proxies:',
    `  steady: { listen: '127.0.0.1:${ports.steady}', upstream: '${upstream}' }`,
    `  moved: { listen: '127.0.0.1:${ports.moved}', upstream: '${moved}' }`,
    ...(random.next() < 0.5 ? [`  extra: { listen: '127.0.0.1:0', upstream: '${upstream}' }`] : []),
    `faults: [${faults.join(', ')}]`,
  ].join('\n')
}

interface Ports {
  readonly steady: number
  readonly moved: number
}

test(`${RELOADS} reloads under load: no byte is wrong, and no session ends but those whose proxy has moved`, async () => {
  await using upstream = await Upstream.echo()
  await using elsewhere = await Upstream.echo()
  await using rig = new ProfileRig()
  const random = randomFor(7, 'reload storm')
  const portOf = (proxy: string): number => Number(rig.control.proxy(proxy).listen.split(':').at(-1))
  await rig.save({ storm: profileOf(random, { steady: 0, moved: 0 }, upstream.address, upstream.address) })
  const ports = { steady: portOf('steady'), moved: portOf('moved') }

  const steady = Array.from({ length: STEADY_SESSIONS }, (_, seed) => new CheckedSession(ports.steady, seed))
  let mover = new CheckedSession(ports.moved, 1000)
  const cut: CheckedSession[] = []
  let place = upstream.address
  for (let reload = 1; reload <= RELOADS; reload++) {
    const moves = reload % MOVES_EVERY === 0
    if (moves) {
      place = place === upstream.address ? elsewhere.address : upstream.address
      await eventually('the session that is to be cut off has begun', () => mover.bytes > 0)
    }
    const { failed } = await rig.save({ storm: profileOf(random, ports, upstream.address, place) })
    expect(failed).toEqual([])
    if (moves) {
      await eventually('it is cut off', () => mover.closed)
      cut.push(mover)
      mover = new CheckedSession(ports.moved, 1000 + reload)
    } else if (reload % 5 === 0) {
      // A turn for the sockets: reloads alone would leave them none.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(steady.filter(({ closed }) => closed)).toEqual([])
    expect(mover.closed).toBe(false)
  }
  const bytes = steady.map((session) => session.bytes)
  await rig.control.halt()
  expect(await Promise.all([...steady, mover].map((session) => session.finish()))).toEqual(
    Array.from({ length: STEADY_SESSIONS + 1 }, () => undefined),
  )
  expect(cut.map(({ problem }) => problem)).toEqual(cut.map(() => undefined))
  expect(cut).toHaveLength(RELOADS / MOVES_EVERY)
  expect(Math.min(...bytes)).toBeGreaterThan(100_000)
  const endings = (await rig.dataPlane.snapshot('moved')).proxies[0]?.sessions.endings
  expect(endings?.['proxy:disabled']).toBe(RELOADS / MOVES_EVERY)
}, 120_000)
