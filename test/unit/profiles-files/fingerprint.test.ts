import { chmod, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failed, type Fingerprint, isSame, takeFingerprint } from '../../../src/profiles/files/fingerprint.ts'
import { listProfiles } from '../../../src/profiles/files/listing.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
  await writeFile(at('a.yaml'), 'one')
  await writeFile(at('b.yaml'), 'two')
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const at = (name: string): string => join(dir, name)
const take = async (before?: Fingerprint) => takeFingerprint(await listProfiles({ dir }), before)

async function isSameAfter(change: () => Promise<void>): Promise<boolean> {
  const before = await take()
  await change()
  return isSame(before, await take(before))
}

describe('a fingerprint of a directory', () => {
  it('is the same when nothing has happened, and when something has that is no profile', async () => {
    expect(await isSameAfter(async () => {})).toBe(true)
    expect(await isSameAfter(() => writeFile(at('a.yaml~'), 'left over'))).toBe(true)
    expect(await isSameAfter(() => writeFile(at('.a.yaml.swp'), 'left over'))).toBe(true)
  })

  it.each<[string, () => Promise<void>]>([
    ['a longer text', () => writeFile(at('a.yaml'), 'longer')],
    ['another text of the same length', () => writeFile(at('a.yaml'), 'One')],
    ['the same text, saved again', () => writeFile(at('a.yaml'), 'one')],
    ['a new file', () => writeFile(at('c.json'), '{}')],
    ['a deleted file', () => rm(at('a.yaml'))],
    ['another name', () => rename(at('a.yaml'), at('c.yaml'))],
    ['a profile that becomes none', () => rename(at('a.yaml'), at('a.yaml~'))],
    ['two files that change places', () => swap('a.yaml', 'b.yaml')],
    ['who may read it', () => chmod(at('a.yaml'), 0o600)],
    ['a change that hides behind an old time', () => inDisguise()],
  ])('is another one after %s', async (_, change) => {
    expect(await isSameAfter(change)).toBe(false)
  })

  it('is another one when a symbolic link leads elsewhere', async () => {
    await symlink('a.yaml', at('c.yaml'))
    const swapLink = async () => {
      await symlink('b.yaml', at('next'))
      await rename(at('next'), at('c.yaml'))
    }
    expect(await isSameAfter(swapLink)).toBe(false)
  })

  it('is another one when the directory cannot be read any more, or for another reason', async () => {
    const before = await take()
    const gone = failed(new Error('gone'))
    expect(isSame(before, gone)).toBe(false)
    expect(isSame(gone, failed(new Error('gone')))).toBe(true)
    expect(isSame(gone, failed(new Error('forbidden')))).toBe(false)
  })

  // A second change within the same tick of the clock that stamps files, to a text of the same length, shows in nothing but the text.
  it('tells texts apart where the times of a file that was changed just now do not', async () => {
    const now = await take()
    const earlier = withMark(now, 'a.yaml', (mark) => ({ ...mark, isYoung: true, hash: 'of another text' }))
    expect(isSame(earlier, await take(earlier))).toBe(false)
    expect(isSame(now, await take(now))).toBe(true)
  })

  it('goes by the times alone where they are old enough', async () => {
    const now = await take()
    const settled = withMark(now, 'a.yaml', ({ facts }) => ({ facts, isYoung: false }))
    expect(isSame(settled, await take(settled))).toBe(true)
  })
})

async function swap(one: string, other: string): Promise<void> {
  await rename(at(one), at('aside'))
  await rename(at(other), at(one))
  await rename(at('aside'), at(other))
}

async function inDisguise(): Promise<void> {
  await writeFile(at('a.yaml'), 'One')
  await utimes(at('a.yaml'), 0, 0)
}

type Mark = Fingerprint['marks'] extends ReadonlyMap<string, infer Each> ? Each : never

function withMark(all: Fingerprint, name: string, change: (mark: Mark) => Mark): Fingerprint {
  const marks = [...all.marks].map(([file, mark]) => [file, file === at(name) ? change(mark) : mark] as const)
  return { ...all, marks: new Map(marks) }
}
