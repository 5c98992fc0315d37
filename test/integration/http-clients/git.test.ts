import { describe, expect, it } from 'vitest'
import { HttpRig } from '../../support/http-clients.ts'
import { GitFolder } from '../../support/http-clients-git.ts'
import { Origin } from '../../support/http-clients-origin.ts'
import { gitProgram } from '../../support/http-clients-programs.ts'

const COMMITS = 30

async function revisions(folder: GitFolder, repository: string): Promise<string> {
  await folder.git(['-C', repository, 'fsck', '--full', '--strict'])
  return await folder.git(['-C', repository, 'rev-list', '--all', '--tags', '--objects'])
}

describe.skipIf(gitProgram.missing)(`git over HTTP${gitProgram.note}`, () => {
  it('clones, fetches and pushes', { timeout: 60_000 }, async () => {
    await using folder = await GitFolder.create(COMMITS)
    await using rig = await HttpRig.start({}, await Origin.start(folder.serve))
    const url = `${rig.proxy.url}/served.git`
    await folder.git(['clone', '--quiet', url, 'clone'])
    expect(await revisions(folder, 'clone')).toBe(await revisions(folder, 'served.git'))

    // Larger than what git sends with a length: the pack goes in chunks.
    for (let index = 0; index < 5; index++) await folder.commit('clone', index + 100, 700_000)
    await folder.git(['-C', 'clone', '-c', 'http.postBuffer=65536', 'push', '--quiet', 'origin', 'main', '--tags'])
    const posted = rig.origin.seen.filter((seen) => seen.url === '/served.git/git-receive-pack')
    expect(posted.map(({ headers }) => headers['transfer-encoding'])).toContain('chunked')
    expect(await revisions(folder, 'served.git')).toBe(await revisions(folder, 'clone'))

    // What it has is long enough to be sent packed.
    await folder.git(['-C', 'work', 'pull', '--quiet', '--no-rebase', '--tags', url, 'main'])
    const fetched = rig.origin.seen.filter(({ headers }) => headers['content-encoding'] === 'gzip')
    expect(fetched.length).toBeGreaterThan(0)
    expect(await revisions(folder, 'work')).toBe(await revisions(folder, 'served.git'))
    for (const exchange of await rig.proxy.exchanges(rig.origin.seen.length)) {
      expect(exchange).toMatchObject({ status: 200, origin: 'upstream', outcome: 'answered', faults: [] })
    }
  })

  it('clones through everything that only takes time', { timeout: 60_000 }, async () => {
    await using folder = await GitFolder.create(COMMITS)
    await using rig = await HttpRig.start({}, await Origin.start(folder.serve))
    await rig.proxy.add({ type: 'http_latency', name: 'late', latency: 20, jitter: 10 })
    await rig.proxy.add({ type: 'http_latency', name: 'thick', phase: 'body', direction: 'both', latency: 10 })
    await rig.proxy.add({ type: 'slicer', name: 'pieces', direction: 'both', average_size: 500, size_variation: 200 })
    await folder.git(['clone', '--quiet', `${rig.proxy.url}/served.git`, 'clone'])
    expect(await revisions(folder, 'clone')).toBe(await revisions(folder, 'served.git'))
    expect((await rig.proxy.counts('thick')).applied).toBeGreaterThan(0)
  })

  it.for([
    {
      fault: { type: 'http_error', status: 503, match: { path: '/*/info/refs' } },
      says: /returned error: 503/,
    },
    {
      fault: { type: 'http_truncate', at: '50KiB', match: { method: 'POST' } },
      says: /early EOF|unexpected disconnect|transfer closed/,
    },
    {
      fault: { type: 'http_reset', at: 'after_upstream_answer', match: { method: 'POST' } },
      says: /Connection reset by peer|RPC failed/,
    },
    {
      fault: { type: 'corrupt', part: 'body', spacing: '2KiB', match: { path: '*/git-upload-pack' } },
      says: /fatal|error/,
    },
  ])('does not take a broken clone for a whole one ($fault.type)', { timeout: 60_000 }, async ({ fault, says }) => {
    await using folder = await GitFolder.create(COMMITS)
    await using rig = await HttpRig.start({}, await Origin.start(folder.serve))
    const url = `${rig.proxy.url}/served.git`
    await rig.proxy.add({ ...fault, name: 'bad' })
    const { code, stderr } = await folder.tryGit(['clone', '--quiet', url, 'clone'])
    expect(code).toBe(128)
    expect(stderr).toMatch(says)
    expect((await rig.proxy.counts('bad')).selected).toBeGreaterThan(0)
    await rig.proxy.remove('bad')
    await folder.git(['clone', '--quiet', url, 'clone'])
    expect(await revisions(folder, 'clone')).toBe(await revisions(folder, 'served.git'))
  })
})
