import { mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { ProfileFiles } from '../../../src/profiles/files/profile-files.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'

type Texts = Readonly<Record<string, string>>

/** A directory in which a ConfigMap is mounted, as the kubelet does it. */
class Mount implements AsyncDisposable {
  readonly dir: string
  #version = 0
  #names: readonly string[] = []

  private constructor(dir: string) {
    this.dir = dir
  }

  static async create(): Promise<Mount> {
    return new Mount(await mkdtemp(join(tmpdir(), 'foulweather-config-map-')))
  }

  /** All files anew beside the old ones, then `..data` swapped by a rename, then what is not needed any more taken away. */
  async publish(texts: Texts): Promise<void> {
    const before = `..version_${this.#version}`
    const after = `..version_${++this.#version}`
    await mkdir(this.#at(after))
    for (const [name, text] of Object.entries(texts)) await writeFile(this.#at(join(after, name)), text)
    await symlink(after, this.#at('..data_tmp'))
    await rename(this.#at('..data_tmp'), this.#at('..data'))
    const names = Object.keys(texts)
    for (const name of names) if (!this.#names.includes(name)) await symlink(`..data/${name}`, this.#at(name))
    for (const name of this.#names) if (!names.includes(name)) await unlink(this.#at(name))
    this.#names = names
    await rm(this.#at(before), { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true })
  }

  #at(name: string): string {
    return join(this.dir, name)
  }
}

async function exampleTexts(): Promise<Texts> {
  const file = new URL('../../../examples/kubernetes/profiles.yaml', import.meta.url)
  const { data } = parse(await readFile(file, 'utf8')) as { data: Texts }
  // Any free port in the place of the one that the application expects.
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, text.replace('1:15432', '1:0')]))
}

const portOf = ({ control }: RunningServer): number => Number(control.proxies()[0]?.listen.split(':').at(-1))

it('a ConfigMap that is swapped changes the weather, and no session notices more than that', async () => {
  await using mount = await Mount.create()
  await using upstream = await Upstream.echo()
  const texts = await exampleTexts()
  const weather = texts['slow-database.yaml'] ?? ''
  const active = (latency: string) => weather.replace('active: false', 'active: true').replace('250ms', latency)
  await mount.publish(texts)
  await using server = await startServer({
    profiles: new ProfileFiles({ dir: mount.dir }),
    haltFile: join(mount.dir, 'HALT'),
    env: { POSTGRES_ADDRESS: `127.0.0.1:${upstream.port}` },
  })
  const { profiles } = server.control
  const state = () => profiles.get('slow-database')
  expect(profiles.list().map(({ name, state }) => [name, state])).toEqual([
    ['database-failover', 'inactive'],
    ['slow-database', 'inactive'],
    ['wiring', 'active'],
  ])
  using client = await Peer.connect(portOf(server))
  let said = ''
  const echoes = async (word: string) => {
    said += word
    client.write(word)
    await eventually(`${word} came back`, () => client.text === said)
  }
  await echoes('one ')

  await mount.publish({ ...texts, 'slow-database.yaml': active('1ms') })
  await eventually('it was activated', () => state().state === 'active')
  await echoes('two ')

  await mount.publish({ ...texts, 'slow-database.yaml': active('2ms') })
  await eventually('it was changed', () => state().vars['latency'] === '2ms')
  await echoes('three ')

  await mount.publish({ ...texts, 'slow-database.yaml': active('2 fortnights') })
  await eventually('the mistake was found', () => state().problems.length > 0)
  expect(state().state).toBe('active')
  await echoes('four ')

  await mount.publish(texts)
  await eventually('it was deactivated', () => state().state === 'inactive')
  await echoes('five ')

  await mount.publish({ ...texts, HALT: 'enough' })
  await eventually('all was halted', () => server.control.safety.halt?.reason === 'enough')
  await echoes('six')
  expect([client.ended, client.error]).toEqual([false, undefined])
  expect(upstream.peers).toHaveLength(1)
})
