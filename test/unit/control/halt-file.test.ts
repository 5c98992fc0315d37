import { rmSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HaltFile } from '../../../src/control/halt-file.ts'
import { ControlRig } from '../../support/admin-rig.ts'
import { eventually } from '../../support/wait.ts'

let directory: string
let path: string
let rig: ControlRig
let file: HaltFile

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-halt-'))
  path = join(directory, 'stop')
  rig = new ControlRig()
})

afterEach(async () => {
  file[Symbol.dispose]()
  await rig[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

function watched(at = path): HaltFile {
  file = new HaltFile({ path: at, control: rig.control })
  return file
}

function halted(): Promise<unknown> {
  return eventually('everything is halted', () => rig.control.safety.halt)
}

describe('the file halts', () => {
  test('when it is there at the first look, with its first line as the reason', async () => {
    await writeFile(path, 'pager 4711\nmore\n')
    await watched().look()
    expect(rig.control.safety.halt).toMatchObject({ actor: 'halt-file', reason: 'pager 4711' })
  })

  test('when it appears', async () => {
    await watched().look()
    expect(rig.control.safety.halt).toBeUndefined()
    await writeFile(path, '')
    expect(await halted()).toEqual({ since: expect.any(String), actor: 'halt-file' })
  })

  test('when its directory has not been there before', async () => {
    const later = join(directory, 'later', 'stop')
    await watched(later).look()
    await mkdir(join(directory, 'later'))
    await writeFile(later, 'x')
    expect(await halted()).toMatchObject({ reason: 'x' })
  })

  test('when it is a link that leads nowhere', async () => {
    await symlink(join(directory, 'nowhere'), path)
    await watched().look()
    expect(rig.control.safety.halt).toEqual({ since: expect.any(String), actor: 'halt-file' })
  })

  test('again after it has gone and come back', async () => {
    await writeFile(path, 'one')
    await watched().look()
    await rm(path)
    await file.look()
    rig.control.resume()
    await writeFile(path, 'two')
    await halted()
    expect(rig.changes.map(({ action, reason }) => [action, reason])).toEqual([
      ['halted', 'one'],
      ['resumed', undefined],
      ['halted', 'two'],
    ])
  })

  test('again after it has gone and come back between two looks, and somebody has resumed meanwhile', async () => {
    await writeFile(path, 'one')
    await watched().look()
    // Synchronously, so that no look comes in between.
    rmSync(path)
    rig.control.resume()
    writeFileSync(path, 'two')
    await file.look()
    expect(rig.changes.map(({ action, reason }) => [action, reason])).toEqual([
      ['halted', 'one'],
      ['resumed', undefined],
      ['halted', 'two'],
    ])
  })

  test('once, however often it is looked for', async () => {
    await writeFile(path, 'one')
    watched()
    await Promise.all([file.look(), file.look(), file.look()])
    await writeFile(path, 'two')
    await file.look()
    expect(rig.changes.map(({ action }) => action)).toEqual(['halted'])
  })

  test('and leaves the reason of an earlier halt as it is', async () => {
    await rig.control.halt({ actor: 'alice', reason: 'smoke' })
    await writeFile(path, 'x')
    await watched().look()
    expect(rig.control.safety.halt).toMatchObject({ actor: 'alice', reason: 'smoke' })
  })
})

test('the reason is bounded, and has no control characters', async () => {
  await writeFile(path, `\u{1b}[31mred\u0007 ${'ä'.repeat(10_000)}`)
  await watched().look()
  const reason = rig.control.safety.halt?.reason ?? ''
  expect(reason).toMatch(/^\[31mred +ä+$/)
  expect(reason).toHaveLength(200)
})

describe('while it is there', () => {
  test('nothing is resumed, and the refusal names it', async () => {
    await writeFile(path, 'x')
    await watched().look()
    expect(() => rig.control.resume()).toThrow(
      expect.objectContaining({ code: 'halted', message: expect.stringContaining(path) }),
    )
    expect(rig.control.safety.halt).toBeDefined()
  })

  test('what somebody else has halted is not resumed either', async () => {
    watched()
    await rig.control.halt({ actor: 'alice' })
    await writeFile(path, 'x')
    expect(() => rig.control.resume()).toThrow(path)
  })
})

test('its end resumes nothing by itself, and lets somebody resume at once', async () => {
  await writeFile(path, 'x')
  await watched().look()
  await rm(path)
  await file.look()
  expect(rig.control.safety.halt).toBeDefined()
  rig.control.resume()
  expect(rig.control.safety.halt).toBeUndefined()
})
