import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, Client, request, type Dispatcher } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthorityIn } from '../../../../src/control/authority.ts'
import { contentOf, Origin } from '../../../support/http-clients-origin.ts'
import { secure, tlsClient } from '../../proxies-tls/rig.ts'
import { Weather } from './weather.ts'

describe('tls-expired', () => {
  let directory: string
  let ca: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
    ca = (await createAuthorityIn(directory)).cert
  })
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const fair = (origin: Origin) => Weather.fair('tls-expired', { upstream: origin.url }, { authorityDir: directory })

  /** What a client that trusts the authority gets over a connection of its own: the length of the body, or why there is none. */
  async function visit(weather: Weather, connect: Agent.Options['connect'] = { ca }): Promise<number | string> {
    await using agent = disposable(new Agent({ connect }))
    return await get(`${site(weather)}/bytes/1000`, agent)
  }

  it('shows an expired certificate to every new connection, and leaves those alone that are there', async () => {
    await using origin = await Origin.start()
    await using weather = await fair(origin)
    await using early = disposable(new Client(site(weather), { connect: { ca }, keepAliveTimeout: 600_000 }))
    expect(await get(`${site(weather)}/bytes/10`, early)).toBe(10)
    expect(await visit(weather)).toBe(1000)

    await weather.turnFoul()
    const reached = origin.seen.length
    expect([await visit(weather), await visit(weather)]).toEqual(['CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED'])
    expect(origin.seen).toHaveLength(reached)
    expect(await get(`${site(weather)}/bytes/20`, early)).toBe(20)
    expect((await weather.fault('nobody-renewed-it')).counters).toMatchObject({ seen: 2, selected: 2, applied: 2 })

    // Who does not verify notices nothing.
    expect(await visit(weather, { rejectUnauthorized: false })).toBe(1000)
    using careless = tlsClient(weather.address().port, { servername: 'localhost', rejectUnauthorized: false })
    await secure(careless)
    const { valid_from, valid_to, subjectaltname } = careless.socket.getPeerCertificate()
    expect(Date.parse(valid_to)).toBeLessThan(Date.now())
    expect(Date.parse(valid_from)).toBeLessThan(Date.parse(valid_to))
    expect(subjectaltname).toContain('DNS:localhost')

    await weather.turnFair()
    expect([await visit(weather), await visit(weather)]).toEqual([1000, 1000])
    expect(await get(`${site(weather)}/bytes/30`, early)).toBe(30)
  })

  it.each([
    ['not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['wrong_name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('shows another flaw when it is told so: %s', async (flaw, code) => {
    await using origin = await Origin.start()
    await using weather = await fair(origin)
    await weather.turnFoul({ flaw })
    expect(await visit(weather)).toBe(code)
    await weather.turnFair()
    expect(await visit(weather)).toBe(1000)
  })
})

function site(weather: Weather): string {
  return `https://localhost:${weather.address().port}`
}

/** The length of the body, if it is the right one, or the code of the error. */
async function get(url: string, dispatcher: Dispatcher): Promise<number | string> {
  try {
    const { statusCode, body } = await request(url, { dispatcher })
    const bytes = Buffer.from(await body.arrayBuffer())
    return statusCode === 200 && bytes.equals(contentOf(bytes.length)) ? bytes.length : `${statusCode}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

function disposable<T extends Dispatcher>(dispatcher: T): T & AsyncDisposable {
  return Object.assign(dispatcher, { [Symbol.asyncDispose]: () => dispatcher.destroy() })
}
