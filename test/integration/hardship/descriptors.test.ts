import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { HardServer, NOT_LINUX } from './rig.ts'

const CLIENTS = 400
const DIAL_FAILED = 'Unable to open connection to upstream'
const ACCEPT_FAILED = 'Unable to accept a client'

interface Sessions {
  readonly total: number
  readonly sessions: readonly { readonly ending: { readonly origin: string; readonly reason: string } | null }[]
}

/**
 * A session needs two descriptors. Where an even number of them is left, it is `accept` that fails: libuv accepts with a descriptor that it keeps for this case,
 * closes at once, and tells nobody. Where an odd number is left, every client too many is accepted, and it is the dial that fails. Of two limits next to each other
 * one is the one case and one the other; either way the log says what has run out.
 */
test.skipIf(NOT_LINUX !== '').each([256, 257])(
  `400 clients of a server with %d file descriptors${NOT_LINUX}`,
  async (limit) => {
    const said = await crowded(limit)
    expect(said.length).toBeGreaterThan(0)
    for (const { message, error } of said) {
      expect([DIAL_FAILED, ACCEPT_FAILED]).toContain(message)
      expect(error).toMatch(/too many open files|EMFILE|file descriptors run out/)
    }
  },
  180_000,
)

/** Answers what the server has complained of. */
async function crowded(limit: number): Promise<readonly { readonly message: string; readonly error: string }[]> {
  await using echo = await Upstream.echo()
  await using server = await HardServer.start({ before: `ulimit -n ${limit}` })
  const port = await server.proxy('p', echo.address)
  // Who is connected to the API keeps being answered; there is no descriptor for anybody new.
  const operator = new Operator(server.address)
  const crowd = Array.from({ length: CLIENTS }, (_, index) => {
    const peer = new Peer(connect({ port, host: '127.0.0.1' }))
    peer.write(`I am ${index}`)
    return peer
  })
  const served = crowd.filter.bind(crowd, (peer: Peer, index: number) => peer.text === `I am ${index}`)
  const turnedAway = crowd.filter.bind(crowd, ({ ended, closed }: Peer) => ended || closed)
  try {
    await eventually(
      'everybody is served or turned away',
      () => served().length + turnedAway().length === CLIENTS,
      60_000,
    )
    expect(served().length).toBeGreaterThan(50)
    expect(turnedAway().length).toBeGreaterThan(50)
    // Nobody has got another's bytes.
    for (const [index, { text }] of crowd.entries()) expect(['', `I am ${index}`]).toContain(text)
    expect(await operator.asks('/v1/sessions')).toBe(200)
  } finally {
    for (const peer of crowd) peer[Symbol.dispose]()
  }
  expect(new Set(await operator.leaves())).toEqual(new Set([200]))
  await eventually('all sessions end', async () => (await server.call<Sessions>('GET', '/v1/sessions')).total === 0)
  // What was turned away was so by the proxy: nothing of it is the upstream's doing, and nobody meant it.
  const { sessions } = await server.call<Sessions>('GET', '/v1/sessions?state=ended&limit=9999')
  for (const { ending } of sessions) {
    expect(ending === null ? 'none' : `${ending.origin} ${ending.reason}`).toMatch(/^(client \w+|proxy dial_failed)$/)
  }
  // And it is as good as new.
  for (let round = 0; round < 20; round++) {
    using client = await Peer.connect(port)
    await client.ping('as before')
  }
  expect(await server.stop()).toBe(0)
  expect(server.stderr).toBe('')
  return server.log
    .filter(({ level }) => level === 'warn' || level === 'error')
    .map(({ message, error }) => ({ message, error: String(error) }))
}

/** Somebody with one connection to the admin API, who uses it again and again so that it stays. */
class Operator {
  readonly #address: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #answers: Promise<number | undefined>[] = []
  readonly #timer = setInterval(() => this.asks('/healthz'), 500)

  constructor(address: string) {
    this.#address = address
    void this.asks('/healthz')
  }

  asks(path: string): Promise<number | undefined> {
    const asked = request(`http://${this.#address}${path}`, { agent: this.#agent }).end()
    const answer = once(asked, 'response').then(async (told) => {
      const [response] = told as [IncomingMessage]
      await text(response)
      return response.statusCode
    })
    this.#answers.push(answer)
    return answer
  }

  /** Answers how all questions were answered. */
  async leaves(): Promise<readonly (number | undefined)[]> {
    clearInterval(this.#timer)
    const answers = await Promise.all(this.#answers)
    this.#agent.destroy()
    return answers
  }
}
