import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DirectoryWatchers } from '../../../src/profiles/files/directory-watchers.ts'
import type { Names } from '../../../src/profiles/files/watch-points.ts'
import { eventually } from '../../support/wait.ts'
import { removed, temporaryDirectory } from './watching.ts'

/** Nothing here looks by itself: what is seen was told by the system. */
let root: string
let dir: string
let events: number
let problems: string[]
let watchers: DirectoryWatchers

beforeEach(async () => {
  root = await temporaryDirectory()
  dir = join(root, 'dir')
  await mkdir(dir)
  events = 0
  problems = []
  watchers = new DirectoryWatchers(
    () => (events += 1),
    (text) => problems.push(text),
  )
})

afterEach(async () => {
  watchers.close()
  await removed(root)
})

const points = (...entries: [string, Names][]) => new Map(entries)

async function isHeard(what: string, change: () => Promise<void>): Promise<void> {
  const before = events
  await change()
  await eventually(`${what} was heard`, () => events > before)
}

it('hears of everything in a directory', async () => {
  expect(await watchers.arm(points([dir, 'all']))).toBe(true)
  await isHeard('a new file', () => writeFile(join(dir, 'a'), 'one'))
  await isHeard('a write', () => writeFile(join(dir, 'a'), 'two'))
  await isHeard('a rename', () => rename(join(dir, 'a'), join(dir, 'b')))
  await isHeard('a deletion', () => rm(join(dir, 'b')))
})

it('keeps the watches that it has', async () => {
  await watchers.arm(points([dir, 'all']))
  expect(await watchers.arm(points([dir, 'all']))).toBe(false)
  expect(await watchers.arm(points([dir, 'all'], [root, 'all']))).toBe(true)
})

it('hears of no names but those that it was told', async () => {
  await watchers.arm(points([dir, new Set(['a', 'end'])]))
  await isHeard('the name', () => mkdir(join(dir, 'a')))
  const before = events
  for (let name = 0; name < 10; name++) await mkdir(join(dir, `other-${name}`))
  await isHeard('the last name', () => mkdir(join(dir, 'end')))
  expect(events).toBe(before + 1)
})

it('follows the path to another directory, and leaves the old one', async () => {
  await watchers.arm(points([dir, 'all']))
  await rename(dir, join(root, 'old'))
  await mkdir(dir)
  expect(await watchers.arm(points([dir, 'all']))).toBe(true)
  const before = events
  await mkdir(join(root, 'old/ignored'))
  await isHeard('the new one', () => mkdir(join(dir, 'seen')))
  expect(events).toBe(before + 1)
})

it('passes over what is not there, and watches it as soon as it is', async () => {
  const later = join(root, 'later')
  expect(await watchers.arm(points([later, 'all']))).toBe(false)
  await mkdir(later)
  expect(await watchers.arm(points([later, 'all']))).toBe(true)
  await isHeard('a new file', () => writeFile(join(later, 'a'), ''))
  expect(problems).toEqual([])
  expect(watchers.isBlind).toBe(false)
})

it('forgets what it is not told any more', async () => {
  await watchers.arm(points([dir, 'all'], [root, 'all']))
  await watchers.arm(points([root, 'all']))
  const before = events
  await mkdir(join(dir, 'ignored'))
  await isHeard('the other directory', () => mkdir(join(root, 'seen')))
  expect(events).toBe(before + 1)
})
