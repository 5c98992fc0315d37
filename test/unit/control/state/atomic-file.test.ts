import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeLeftovers, writeAtomically } from '../../../../src/control/state/atomic-file.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-state-'))
  path = join(directory, 'state.json')
})

afterEach(() => rm(directory, { recursive: true }))

test('the file has the text, for its owner alone, and nothing else is left', async () => {
  const mask = process.umask(0)
  try {
    await writeAtomically(path, 'one')
    await writeAtomically(path, 'two')
  } finally {
    process.umask(mask)
  }
  expect(await readFile(path, 'utf8')).toBe('two')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['state.json'])
})

test('a file that was open to others is not any more', async () => {
  await writeFile(path, 'old', { mode: 0o666 })
  await chmod(path, 0o666)
  await writeAtomically(path, 'new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a temporary file of somebody else is not written through', async () => {
  const victim = join(directory, 'victim')
  await writeFile(victim, 'untouched')
  await symlink(victim, `${path}.tmp-${process.pid}`)
  await writeAtomically(path, 'new')
  expect(await readFile(victim, 'utf8')).toBe('untouched')
  expect((await lstat(path)).isFile()).toBe(true)
})

test('an error leaves the old content, and no temporary file', async () => {
  const taken = join(directory, 'taken')
  await writeAtomically(join(directory, 'other'), 'x')
  await rm(join(directory, 'other'))
  await symlink(directory, taken)
  // A file cannot take the place of a directory.
  await expect(writeAtomically(directory, 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EBUSY/)
  await expect(writeAtomically(join(directory, 'missing', 'state.json'), 'x')).rejects.toThrow('ENOENT')
  expect(await readdir(directory)).toEqual(['taken'])
})

test('what killed processes have left is removed, and nothing else', async () => {
  for (const name of ['state.json.tmp-1', 'state.json.tmp-99999', 'state.json.tmp-x', 'other.tmp-1', 'state.json']) {
    await writeFile(join(directory, name), '')
  }
  await removeLeftovers(path)
  expect((await readdir(directory)).sort()).toEqual(['other.tmp-1', 'state.json', 'state.json.tmp-x'])
})
