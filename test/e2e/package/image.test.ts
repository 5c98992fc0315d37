import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { readDockerfile, stageText } from '../../../scripts/dockerfile.ts'
import { DEFAULT_ADMIN_PORT } from '../../../src/cli/connection.ts'

const ROOT = join(import.meta.dirname, '../../..')
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const runtime = stageText(dockerfile, 'foulweather')

// What the image does when it runs is driven outside of a container by scripts/check-package.ts.
describe('the image', () => {
  it('is built from files that exist and that .dockerignore lets through', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .match(/^!.+$/gm)
      ?.map((line) => line.slice(1))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '))
    const existing = copied.filter((path) => existsSync(join(ROOT, path)))
    expect(existing).toEqual(copied)
    expect(new Set(allowed)).toEqual(new Set(copied))
  })

  it('runs on a Node that the package accepts', () => {
    const minimum = Number(/\d+/.exec(packageJson.engines.node)?.[0])
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version))
    expect(versions).not.toEqual([])
    for (const version of versions) expect(version).toBeGreaterThanOrEqual(minimum)
  })

  it('does not run as root', () => {
    expect(/^USER (.*)$/m.exec(runtime)?.[1]).toBe('node')
  })

  it('starts, exposes and asks the health of the same admin port', () => {
    const { entrypoint, healthcheck } = readDockerfile(dockerfile)
    expect(entrypoint).toEqual(['node', 'dist/main.js', 'serve', '--admin', `0.0.0.0:${DEFAULT_ADMIN_PORT}`])
    expect(healthcheck.join(' ')).toContain(`http://127.0.0.1:${DEFAULT_ADMIN_PORT}/healthz`)
    expect(runtime).toMatch(new RegExp(`^EXPOSE ${DEFAULT_ADMIN_PORT}$`, 'm'))
  })

  it('is Foulweather unless another target is asked for', () => {
    expect(dockerfile.split(/^(?=FROM )/m).at(-1)).toMatch(/^FROM runtime AS foulweather$/m)
  })

  it("has a twin that takes the arguments of Toxiproxy's image", () => {
    const { entrypoint, cmd } = readDockerfile(dockerfile, 'toxiproxy')
    expect(entrypoint).toEqual(['node', 'dist/toxiproxy-server.js'])
    for (const args of [cmd, ['-host=0.0.0.0', '-config=/tmp/tc-toxiproxy.json']]) {
      // With -version in the end it only has to understand the others.
      const words = ['src/toxiproxy-server.ts', ...args, '-version']
      expect(spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      })
    }
  })
})
