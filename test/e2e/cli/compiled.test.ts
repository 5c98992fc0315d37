import { execFile } from 'node:child_process'
import { access, cp, mkdtemp, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VERSION } from '../../../src/version.ts'
import { run } from '../../support/cli-process.ts'

const ROOT = join(import.meta.dirname, '../../..')
const exec = promisify(execFile)

/** A package as it is published, where it finds the dependencies that are installed here. */
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(ROOT, 'node_modules/.foulweather-'))
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  // It writes its output whether or not the types are in order; that they are is checked elsewhere.
  await exec(tsc, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')]).catch(() => {})
  await cp(join(ROOT, 'package.json'), join(directory, 'package.json'))
})

afterAll(() => rm(directory, { recursive: true }))

test.each(['main', 'toxiproxy-server'])('what is published runs: %s', async (name) => {
  const { code, stdout, stderr } = await run(['--version'], {}, join(directory, 'dist', `${name}.js`))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(name === 'main' ? VERSION : 'toxiproxy-server version 2.12.0')
})

const old = await oldNode()

test.skipIf(old === undefined).each(['main', 'toxiproxy-server'])(
  `a Node that is too old gets one line and exit code 1: %s (${old?.version ?? 'skipped: there is no Node before 24 in PATH'})`,
  async (name) => {
    const failure: unknown = await exec(old?.path ?? '', [join(directory, 'dist', `${name}.js`), 'list']).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^(foulweather|toxiproxy-server) needs Node 24 or later; this is \d+\.\d+\.\d+ \(.*\)\n$/,
      ),
    })
  },
)

/** The system's own Node, where it is one that we do not run on. */
async function oldNode(): Promise<{ path: string; version: string } | undefined> {
  for (const path of (process.env['PATH'] ?? '').split(delimiter).map((at) => join(at, 'node'))) {
    try {
      await access(path)
      const { stdout } = await exec(path, ['--version'])
      const version = stdout.trim().slice(1)
      if (Number(version.split('.')[0]) < 24) return { path, version }
    } catch {
      // Not there, or not to be run.
    }
  }
  return undefined
}
