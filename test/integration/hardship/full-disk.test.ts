import { mkdir, readFile, rename, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { HardServer, NOT_LINUX, temporary } from './rig.ts'

/** Written by the server one after the other; each has its number. */
async function change(server: HardServer, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    await server.call('PATCH', '/v1/proxies/p/faults/changed', { latency: number })
  }
}

async function serves(port: number): Promise<boolean> {
  using client = await Peer.connect(port)
  await client.ping('on it goes')
  return true
}

describe.skipIf(NOT_LINUX !== '')(`a disk that is full${NOT_LINUX}`, () => {
  test('the audit file: changes go on, the log says so once, and all of it is written when there is room', async () => {
    await using directory = await temporary()
    await using echo = await Upstream.echo()
    const audit = join(directory.path, 'audit.ndjson')
    // Whatever is written to /dev/full is answered by ENOSPC.
    await symlink('/dev/full', audit)
    await using server = await HardServer.start({ flags: ['--audit', audit] })
    const port = await server.proxy('p', echo.address)
    await server.call('POST', '/v1/proxies/p/faults', { name: 'changed', type: 'latency', latency: 0 })
    await change(server, 50)
    const trouble =
      'Unable to write the audit file; trying on. Changes go on, and those that find no room in memory are dropped from the file'
    expect((await server.logged(trouble))['error']).toContain('ENOSPC')
    expect(await serves(port)).toBe(true)
    expect(server.lines(trouble)).toHaveLength(1)

    await unlink(audit)
    await change(server, 1)
    expect(await server.logged('The audit file is written again')).toMatchObject({ dropped: 0 })
    expect(await server.stop()).toBe(0)
    const entries = (await readFile(audit, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    // The proxy, the fault, and its changes; none of them twice.
    expect(entries.map(({ revision }) => revision)).toEqual(entries.map((_, index) => index + 1))
    expect(entries.filter(({ action }) => action === 'fault-updated').length).toBeGreaterThanOrEqual(50)
  })

  test('the state file: changes go on, the log says so once, and it is written as soon as it fits', async () => {
    await using directory = await temporary()
    await using echo = await Upstream.echo()
    const state = join(directory.path, 'state.json')
    // No file of it may be longer than 8 KiB; more is answered by EFBIG, in the middle of a write.
    await using server = await HardServer.start({ before: 'ulimit -f 16', flags: ['--state', state] })
    const port = await server.proxy('p', echo.address)
    await eventually('a small state is written', async () => (await stateOf(state)).includes('"p"'))
    for (let number = 0; number < 40; number++) await server.proxy(`${'long-name-'.repeat(20)}${number}`, echo.address)
    const trouble = 'The state cannot be written; it is tried again'
    await server.logged(trouble)
    expect(await serves(port)).toBe(true)
    // What is there is whole, and of before.
    expect(JSON.parse(await stateOf(state))).toBeTypeOf('object')
    expect(server.lines(trouble)).toHaveLength(1)

    for (let number = 0; number < 40; number++) {
      await server.call('DELETE', `/v1/proxies/${'long-name-'.repeat(20)}${number}`)
    }
    await server.call('POST', '/v1/proxies/p/faults', { name: 'afterwards', type: 'noop' })
    await server.logged('The state is written again', 90_000)
    await eventually('it is what there is', async () => (await stateOf(state)).includes('afterwards'))
    expect(await stateOf(state)).not.toContain('long-name')
    expect(await server.stop()).toBe(0)
    expect(server.stderr).toBe('')
  }, 120_000)

  test('a directory that goes away, and comes back', async () => {
    await using directory = await temporary()
    await using echo = await Upstream.echo()
    const here = join(directory.path, 'here')
    const gone = join(directory.path, 'gone')
    await mkdir(here)
    const state = join(here, 'state.json')
    const audit = join(here, 'audit.ndjson')
    await using server = await HardServer.start({ flags: ['--state', state, '--audit', audit] })
    const port = await server.proxy('p', echo.address)
    await eventually('the state is written', async () => (await stateOf(state)).includes('"p"'))
    await rename(here, gone)
    await server.call('POST', '/v1/proxies/p/faults', { name: 'meanwhile', type: 'noop' })
    await server.logged('The state cannot be written; it is tried again')
    expect(await serves(port)).toBe(true)
    await rename(gone, here)
    await server.logged('The state is written again', 90_000)
    await server.logged('The audit file is written again', 90_000)
    expect(await stateOf(state)).toContain('meanwhile')
    expect(await server.stop()).toBe(0)
    expect(await readFile(audit, 'utf8')).toContain('meanwhile')
  }, 120_000)
})

interface Entry {
  readonly revision: number
  readonly action: string
}

async function stateOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '')
}
