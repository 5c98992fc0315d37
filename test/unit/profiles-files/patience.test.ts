import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { failed, type Fingerprint, takeFingerprint } from '../../../src/profiles/files/fingerprint.ts'
import { listProfiles } from '../../../src/profiles/files/listing.ts'
import { Patience } from '../../../src/profiles/files/patience.ts'

let dir: string
let before: Fingerprint
let patience: Patience

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'foulweather-profiles-'))
  await writeFile(at('a.yaml'), 'one')
  before = await take()
  patience = new Patience()
})

afterEach(() => rm(dir, { recursive: true, force: true }))

const at = (name: string): string => join(dir, name)
const take = async (known?: Fingerprint) => takeFingerprint(await listProfiles({ dir }), known)

/** Whether it waits, being asked at these times while nothing changes. */
async function waitsAt(...times: readonly number[]): Promise<readonly boolean[]> {
  const now = await take(before)
  return times.map((time) => patience.waits(before, now, time))
}

it('does not wait where nothing has changed, nor before anything is known', async () => {
  expect(await waitsAt(0)).toEqual([false])
  expect(patience.waits(undefined, before, 0)).toBe(false)
  expect(patience.lookIn).toBeUndefined()
})

it('does not wait for a file that was put in the place of another', async () => {
  await writeFile(at('.tmp'), 'two')
  await rename(at('.tmp'), at('a.yaml'))
  expect(await waitsAt(0)).toEqual([false])
})

it('waits until a file that is written in its place has stayed the same', async () => {
  await writeFile(at('a.yaml'), 'first half, ')
  expect(await waitsAt(0, 49)).toEqual([true, true])
  await appendFile(at('a.yaml'), 'second half')
  expect(await waitsAt(60, 109)).toEqual([true, true])
  expect(patience.lookIn).toBe(25)
  expect(await waitsAt(110)).toEqual([false])
  expect(patience.lookIn).toBeUndefined()
})

it('waits for what is put into an empty file, and into a new one', async () => {
  await writeFile(at('.tmp'), '')
  await rename(at('.tmp'), at('a.yaml'))
  expect(await waitsAt(0, 50)).toEqual([true, false])
  await writeFile(at('a.yaml'), 'one')
  before = await take()
  await writeFile(at('b.yaml'), 'two')
  expect(await waitsAt(100, 150)).toEqual([true, false])
})

it('waits for a file that is gone to come back, and for a directory', async () => {
  await rm(at('a.yaml'))
  expect(await waitsAt(0, 99, 100)).toEqual([true, true, false])
  expect(patience.waits(before, failed(new Error('gone')), 200)).toBe(true)
  await writeFile(at('.tmp'), 'two')
  await rename(at('.tmp'), at('a.yaml'))
  expect(await waitsAt(210)).toEqual([false])
})

it('what is gone already holds up nothing else', async () => {
  await rm(at('a.yaml'))
  await writeFile(at('b.yaml'), 'two')
  before = await take()
  await writeFile(at('.tmp'), 'three')
  await rename(at('.tmp'), at('b.yaml'))
  expect(await waitsAt(0)).toEqual([false])
})

it('waits for a second at most', async () => {
  const waited: boolean[] = []
  for (let time = 0; time <= 1000; time += 20) {
    await writeFile(at('a.yaml'), `text ${time}`)
    waited.push(...(await waitsAt(time)))
  }
  expect(waited).toEqual([...Array.from({ length: 50 }, () => true), false])
})
