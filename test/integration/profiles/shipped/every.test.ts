import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProfileView } from '../../../../src/control/profiles/types.ts'
import { createAuthorityIn } from '../../../../src/control/authority.ts'
import type { RunningServer } from '../../../../src/server.ts'
import { Upstream } from '../../../support/peers.ts'
import { call, documentOf, PROFILES, serveProfiles, variableIn } from './weather.ts'

const NAMES = (await readdir(PROFILES)).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5))

interface Listed {
  readonly proxies: readonly {
    readonly name: string
    readonly listen: string
    readonly owner: string
    readonly faults: readonly { readonly owner: string; readonly type: string; readonly state: string }[]
  }[]
}

describe('every profile that is shipped, alone on a server', () => {
  let directory: string
  let server: RunningServer
  let upstream: Upstream

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
    await createAuthorityIn(directory)
    upstream = await Upstream.echo()
    server = await serveProfiles({ authorityDir: directory })
  })
  afterAll(async () => {
    await server?.close()
    await upstream?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const listed = async () => ((await call(server, 'GET', '/proxies')) as Listed).proxies

  test('none is active before somebody asks for it, and all can be read', async () => {
    const { profiles } = (await call(server, 'GET', '/profiles')) as { profiles: ProfileView[] }
    expect(profiles.map(({ name, state, problems }) => [name, state, problems])).toEqual(
      NAMES.toSorted().map((name) => [name, 'inactive', []]),
    )
    expect(await listed()).toEqual([])
  })

  test.each(NAMES)('%s brings its own proxies and faults, and takes all of them away again', async (name) => {
    const { proxies: written, vars: variables } = documentOf(name)
    const vars: Record<string, string> = {}
    for (const { listen, upstream: to } of Object.values(written)) {
      vars[variableIn(listen)] = '127.0.0.1:0'
      const scheme = variables[variableIn(to)]?.default.startsWith('http://') === true ? 'http://' : ''
      vars[variableIn(to)] = `${scheme}${upstream.address}`
    }
    const profile = (await call(server, 'POST', `/profiles/${name}/activate`, { vars })) as ProfileView
    expect(profile).toMatchObject({ name, state: 'active', proxies: Object.keys(written), vars, problems: [] })
    expect(profile.ttl_remaining).toBeGreaterThan(14 * 60_000)

    const proxies = await listed()
    const owner = `profile:${name}`
    expect(proxies.map((proxy) => proxy.name)).toEqual(Object.keys(written).toSorted())
    expect(new Set(proxies.flatMap((proxy) => [proxy.owner, ...proxy.faults.map((fault) => fault.owner)]))).toEqual(
      new Set([owner]),
    )
    expect(proxies.flatMap(({ faults }) => faults)).toHaveLength(profile.faults)
    const ports = proxies.map(({ listen }) => Number(listen.split(':').at(-1)))
    // Where a fault refuses everybody from the beginning on, so it is; everywhere else clients get their connection.
    const expected = proxies.map((proxy) => (refusesNow(proxy) ? 'ECONNREFUSED' : 'connected'))
    expect(await Promise.all(ports.map(connecting))).toEqual(expected)

    await call(server, 'POST', `/profiles/${name}/deactivate`)
    expect(await listed()).toEqual([])
    expect(await Promise.all(ports.map(connecting))).toEqual(ports.map(() => 'ECONNREFUSED'))
  })
})

function refusesNow({ faults }: Listed['proxies'][number]): boolean {
  return faults.some(({ type, state }) => type === 'refuse' && state === 'working')
}

async function connecting(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.on('error', () => {}).destroy()
  }
}
