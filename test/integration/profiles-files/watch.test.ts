import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProfileFiles } from '../../../src/profiles/files/profile-files.ts'
import { eventually } from '../../support/wait.ts'
import { PATIENTLY, Reader, removed, temporaryDirectory } from './watching.ts'

let root: string
let dir: string

beforeEach(async () => {
  root = await temporaryDirectory()
  dir = join(root, 'profiles')
  await mkdir(dir)
  await writeFile(at('a.yaml'), 'first')
})

afterEach(() => removed(root))

const at = (name: string): string => join(dir, name)

describe('what editors and people do', () => {
  it('a plain save', async () => {
    await using reader = await Reader.start({ dir })
    await writeFile(at('a.yaml'), 'second')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'second' })
    await writeFile(at('a.yaml'), 'third')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'third' })
  })

  it('a save as vim does it: the old one aside, a new one, the old one away', async () => {
    await using reader = await Reader.start({ dir })
    for (const text of ['second', 'third']) {
      await writeFile(at('4913'), '')
      await unlink(at('4913'))
      await rename(at('a.yaml'), at('a.yaml~'))
      await writeFile(at('a.yaml'), text)
      await unlink(at('a.yaml~'))
      await expect.poll(reader.shown, PATIENTLY).toEqual({ a: text })
    }
  })

  it('a save that writes another file and renames it', async () => {
    await using reader = await Reader.start({ dir })
    for (const text of ['second', 'third']) {
      await writeFile(at('.a.yaml.tmp'), text)
      await rename(at('.a.yaml.tmp'), at('a.yaml'))
      await expect.poll(reader.shown, PATIENTLY).toEqual({ a: text })
    }
  })

  it('a save that empties the file first, and writes it in two steps', async () => {
    await using reader = await Reader.start({ dir })
    {
      await using file = await open(at('a.yaml'), 'w')
      await expect.poll(reader.shown, PATIENTLY).toEqual({ a: '' })
      await file.write('the first half, ')
      await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'the first half, ' })
      await file.write('and the second')
    }
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'the first half, and the second' })
  })

  it('fifty saves in a row: what is read last is what was written last', async () => {
    await using reader = await Reader.start({ dir })
    for (let save = 10; save < 60; save++) await writeFile(at('a.yaml'), `text ${save}`)
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'text 59' })
  })

  it('fifty saves from another process, each by a rename', async () => {
    await using reader = await Reader.start({ dir })
    const script = 'i=10; while [ $i -lt 60 ]; do printf "text $i" > .tmp; mv .tmp a.yaml; i=$((i+1)); done'
    const shell = spawn('sh', ['-c', script], { cwd: dir, stdio: 'inherit' })
    expect(await once(shell, 'exit')).toEqual([0, null])
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'text 59' })
  })

  it('a new file, another name, and one that is deleted', async () => {
    await using reader = await Reader.start({ dir })
    await writeFile(at('b.yml'), 'new')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'first', b: 'new' })
    await rename(at('b.yml'), at('c.json'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'first', c: 'new' })
    await rm(at('a.yaml'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ c: 'new' })
  })

  it('a second file for a profile, and its end', async () => {
    await using reader = await Reader.start({ dir })
    await writeFile(at('a.json'), '{}')
    const problem = `problem: the profile "a" is in ${at('a.json')} and ${at('a.yaml')}; a name can belong to one file`
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: problem })
    await rm(at('a.json'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'first' })
  })

  it('a change between reading and watching', async () => {
    const source = new ProfileFiles({ dir })
    await source.read()
    await writeFile(at('a.yaml'), 'second')
    let calls = 0
    const watch = source.watch(() => (calls += 1))
    await eventually('it was told', () => calls > 0)
    watch.close()
    expect(calls).toBe(1)
  })
})

describe('what it does not call for', () => {
  it('files that are no profiles, and places that are only looked at', async () => {
    await using reader = await Reader.start({ dir })
    for (let save = 0; save < 20; save++) {
      await writeFile(at('a.yaml~'), String(save))
      await writeFile(join(root, 'beside.yaml'), String(save))
      await new ProfileFiles({ dir }).read()
    }
    await writeFile(at('.next'), 'second')
    await rename(at('.next'), at('a.yaml'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'second' })
    expect(reader.calls).toBe(1)
  })

  it('anything after it was closed', async () => {
    let calls = 0
    const closed = new ProfileFiles({ dir }).watch(() => (calls += 1))
    closed.close()
    await using reader = await Reader.start({ dir })
    await writeFile(at('a.yaml'), 'second')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'second' })
    expect(calls).toBe(0)
  })
})

describe('a ConfigMap as the kubelet mounts it', () => {
  beforeEach(() => rm(at('a.yaml')))

  it('is read anew when the data is swapped, again and again', async () => {
    await publish('2026_01', { 'a.yaml': 'one', 'b.yaml': 'other' })
    await using reader = await Reader.start({ dir })
    expect(reader.texts).toEqual({ a: 'one', b: 'other' })
    await publish('2026_02', { 'a.yaml': 'two', 'b.yaml': 'other' }, '2026_01')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'two', b: 'other' })
    await publish('2026_03', { 'a.yaml': 'three', 'b.yaml': 'other', 'c.yaml': 'new' }, '2026_02')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'three', b: 'other', c: 'new' })
    // The kubelet takes away what leads nowhere any more.
    await publish('2026_04', { 'a.yaml': 'four' }, '2026_03')
    await Promise.all([unlink(at('b.yaml')), unlink(at('c.yaml'))])
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'four' })
  })

  it('is read anew where one of its files is named', async () => {
    await publish('2026_01', { 'a.yaml': 'one' })
    await using reader = await Reader.start({ files: [at('a.yaml')] })
    expect(reader.texts).toEqual({ a: 'one' })
    await publish('2026_02', { 'a.yaml': 'two' }, '2026_01')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'two' })
    await publish('2026_03', { 'a.yaml': 'three' }, '2026_02')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'three' })
  })
})

describe('other places', () => {
  it('a directory that is swapped for another by its symbolic link', async () => {
    for (const release of ['one', 'two', 'three']) {
      await mkdir(join(root, release))
      await writeFile(join(root, release, 'a.yaml'), release)
    }
    const current = join(root, 'current')
    await symlink('one', current)
    await using reader = await Reader.start({ dir: current })
    for (const release of ['two', 'three']) {
      await symlink(release, join(root, 'next'))
      await rename(join(root, 'next'), current)
      await expect.poll(reader.shown, PATIENTLY).toEqual({ a: release })
    }
    await writeFile(join(root, 'three/a.yaml'), 'three, edited')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'three, edited' })
  })

  it('a directory that is deleted and made again, with the one that it is in', async () => {
    await using reader = await Reader.start({ dir })
    await rm(root, { recursive: true })
    await expect.poll(reader.shown, PATIENTLY).toEqual('unreadable')
    await mkdir(dir, { recursive: true })
    await expect.poll(reader.shown, PATIENTLY).toEqual({})
    await writeFile(at('a.yaml'), 'again')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'again' })
    await writeFile(at('a.yaml'), 'and again')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'and again' })
  })

  it('a directory that is moved away while another takes its place', async () => {
    await mkdir(join(root, 'next'))
    await writeFile(join(root, 'next/a.yaml'), 'of the next one')
    await using reader = await Reader.start({ dir })
    await rename(dir, join(root, 'old'))
    await rename(join(root, 'next'), dir)
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'of the next one' })
    await writeFile(join(root, 'old/a.yaml'), 'nobody reads this')
    await writeFile(at('a.yaml'), 'edited')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'edited' })
  })

  it('a directory that is not there yet', async () => {
    const later = join(root, 'one/two/profiles')
    await using reader = await Reader.start({ dir: later })
    await mkdir(later, { recursive: true })
    await writeFile(join(later, 'a.yaml'), 'at last')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'at last' })
  })

  it('a single file, edited and replaced', async () => {
    await using reader = await Reader.start({ files: [at('a.yaml')] })
    await writeFile(at('a.yaml'), 'edited')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'edited' })
    await writeFile(at('other'), 'replaced')
    await rename(at('other'), at('a.yaml'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'replaced' })
    await rm(at('a.yaml'))
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'problem: there is no such file' })
    await writeFile(at('a.yaml'), 'back')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'back' })
  })

  it('a file behind a symbolic link to another directory', async () => {
    await mkdir(join(root, 'elsewhere'))
    await writeFile(join(root, 'elsewhere/real'), 'one')
    await symlink('../elsewhere/real', at('linked.yaml'))
    await using reader = await Reader.start({ dir })
    await writeFile(join(root, 'elsewhere/real'), 'two')
    await expect.poll(reader.shown, PATIENTLY).toEqual({ a: 'first', linked: 'two' })
  })

  it('does not keep a process alive that has nothing else to do', async () => {
    const child = spawnWatcher(dir, ['node'], 'source.watch(() => {})')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('where the system gives no watch', () => {
  /** A namespace of its own, with a limit of its own: no other process of this machine is deprived of anything. */
  const ENTER = ['unshare', '--user', '--map-root-user', 'sh', '-c']
  const [program = '', ...args] = ENTER
  const isForbidden = spawnSync(program, [...args, 'test -w /proc/sys/user/max_inotify_watches']).status !== 0
  const note = isForbidden ? ' (skipped: no user namespaces here)' : ''
  const LIMITED = 'echo 0 > /proc/sys/user/max_inotify_watches && exec node "$@"'

  it.skipIf(isForbidden)(`looks often by itself, and says so once${note}`, async () => {
    const script = `
      const report = async () => console.log(JSON.stringify((await source.read()).map(({ text }) => text)))
      source.watch(() => void report(), { onProblem: (text) => console.log(JSON.stringify({ text })) })
      process.stdin.resume()
    `
    const child = spawnWatcher(dir, [...ENTER, LIMITED, 'sh'], script)
    try {
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece))
      const lines = () =>
        output
          .split('\n')
          .slice(0, -1)
          .map((line): unknown => JSON.parse(line))
      await eventually('it has said what it cannot watch', () => lines().length === 2)
      for (const text of ['second', 'third']) {
        await writeFile(at('a.yaml'), text)
        await eventually('it has seen the change', () => isDeepStrictEqual(lines().at(-1), [text]))
      }
      expect(lines().slice(0, 2)).toEqual([blind(root), blind(dir)])
      expect(lines().slice(2).every(Array.isArray)).toBe(true)
    } finally {
      child.kill('SIGKILL')
    }
  })
})

/** Writes all of it beside, points `..data_tmp` there, renames that over `..data`, and takes the old one away. */
async function publish(version: string, texts: Readonly<Record<string, string>>, before?: string): Promise<void> {
  await mkdir(at(`..${version}`))
  for (const [name, text] of Object.entries(texts)) await writeFile(at(`..${version}/${name}`), text)
  await symlink(`..${version}`, at('..data_tmp'))
  await rename(at('..data_tmp'), at('..data'))
  for (const name of Object.keys(texts)) {
    await symlink(`..data/${name}`, at(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  if (before !== undefined) await rm(at(`..${before}`), { recursive: true })
}

function blind(path: string) {
  const why = 'the system has no watches left (fs.inotify.max_user_watches) (ENOSPC)'
  return { text: `${path} cannot be watched: ${why}; it is looked at several times a second instead` }
}

/** Runs a script with a `source` of the profiles in `dir`, in a process of its own. */
function spawnWatcher(dir: string, [program = '', ...args]: readonly string[], script: string) {
  const path = fileURLToPath(new URL('../../../src/profiles/files/profile-files.ts', import.meta.url))
  const source = `
    import { ProfileFiles } from ${JSON.stringify(path)}
    const source = new ProfileFiles({ dir: ${JSON.stringify(dir)} })
    await source.read()
    ${script}
  `
  return spawn(program, [...args, '--input-type=module-typescript', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}
