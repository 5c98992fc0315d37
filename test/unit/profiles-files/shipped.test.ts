import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { AllowedFiles } from '../../../src/control/allowed-files.ts'
import { type CompiledProfile, compileProfile } from '../../../src/control/profiles/compile.ts'
import type { Outcome, ProfileDocument, VarValue } from '../../../src/profiles/document.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { resolveProfile } from '../../../src/profiles/resolve.ts'

const DIR = fileURLToPath(new URL('../../../profiles', import.meta.url))
const FILES = readdirSync(DIR).filter((name) => name.endsWith('.yaml'))
const NAMES = FILES.map((file) => basename(file, '.yaml'))

const textOf = (name: string): string => readFileSync(join(DIR, `${name}.yaml`), 'utf8')

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
}

const documentOf = (name: string): ProfileDocument =>
  valueOf(parseProfile(textOf(name), { name, file: `${name}.yaml` }))

/** As a server does that has an authority and no proxies of its own. */
async function compiled(name: string, vars: Readonly<Record<string, VarValue>> = {}): Promise<CompiledProfile> {
  const find = (other: string) => (NAMES.includes(other) ? documentOf(other) : undefined)
  return compileProfile(valueOf(resolveProfile(documentOf(name), { find, vars, env: {} })), {
    others: new Map(),
    files: new AllowedFiles(undefined),
    authority: () => ({ cert: 'a certificate', key: 'a key' }),
    strict: true,
  })
}

it('are all there', () => {
  expect(NAMES).toEqual([
    '3g',
    'broker-partition-leader-loss',
    'cdn-brownout',
    'connection-pool-exhaustion',
    'cross-region-link',
    'dnsless-upstream',
    'double-fault',
    'flaky-wifi',
    'nat-idle-kill',
    'postgres-failover',
    'redis-stall',
    'satellite',
    'slow-origin-cut-bodies',
    'slow-postgres-replica',
    'tls-expired',
    'triple-fault',
  ])
})

describe.each(NAMES)('%s', (name) => {
  it('begins with its schema and with what it stands for', () => {
    const [schema, ...lines] = textOf(name).split('\n')
    expect(schema).toBe('# yaml-language-server: $schema=../docs/profile.schema.json')
    const comment = lines.slice(0, lines.indexOf('')).join('\n')
    for (const part of ['In the real thing:', 'What a client sees:', 'What good clients do:']) {
      expect(comment).toContain(`\n# ${part}`)
    }
  })

  it('is no longer than an editor shows', () => {
    const longest = Math.max(
      ...textOf(name)
        .split('\n')
        .map((line) => line.length),
    )
    expect(longest).toBeLessThanOrEqual(120)
  })

  it('waits to be activated, says what it is in a line, and ends by itself', () => {
    const { active, ttl, description, labels } = documentOf(name)
    expect(active).toBe(false)
    expect(ttl).toBeGreaterThanOrEqual(15 * 60_000)
    expect(ttl).toBeLessThanOrEqual(3_600_000)
    expect(description).toMatch(/^[^\n]{20,110}$/)
    expect(Object.keys(labels)).toEqual(['dependency', 'effect'])
  })

  it('is taken as it is, with proxies and faults', async () => {
    const { proxies, faults, warnings } = await compiled(name)
    expect(warnings).toEqual([])
    expect(proxies.size).toBeGreaterThan(0)
    // No proxy is there for nothing.
    expect([...faults.keys()].toSorted()).toEqual([...proxies.keys()].toSorted())
  })

  it('has a variable for each address, each with a description, and uses all of them', async () => {
    const { vars, proxies } = documentOf(name)
    const text = textOf(name)
    for (const [variable, value] of vars) {
      expect(value).toBeDefined()
      expect(text).toContain(`\${${variable}}`)
      expect(text).toMatch(new RegExp(`^ {2}${variable}: \\{ default: .+, description: .+ \\}$`, 'm'))
    }
    for (const { listen, upstream } of proxies.values()) {
      expect(listen).toMatch(/^\$\{listen\w*\}$/)
      expect(upstream).toMatch(/^\$\{upstream\w*\}$/)
    }
  })
})

describe('together', () => {
  let all: readonly CompiledProfile[]

  beforeAll(async () => {
    all = await Promise.all(NAMES.map((name) => compiled(name)))
  })

  it('listen on ports of their own, on this machine alone', () => {
    const listens = all.flatMap(({ proxies }) => [...proxies.values()].map(({ input }) => input.listen))
    expect(new Set(listens).size).toBe(listens.length)
    expect(listens.filter((listen) => !/^127\.0\.0\.1:1\d{4}$/.test(listen))).toEqual([])
  })

  it('have proxies of their own names', () => {
    const names = all.flatMap(({ proxies }) => Array.from(proxies.keys()))
    expect(new Set(names).size).toBe(names.length)
  })
})

it('take other figures', async () => {
  const { proxies, faults } = await compiled('connection-pool-exhaustion', {
    listen: '127.0.0.1:0',
    connections: '7',
    beyond: 'close',
  })
  expect(proxies.get('pg-pool')?.input.listen).toBe('127.0.0.1:0')
  expect(faults.get('pg-pool')?.map(({ wanted }) => wanted.params)).toMatchObject([
    { max: 7, beyond: 'close' },
    { latency: 500 },
  ])
})

it('are in the table of the README, each with its description', () => {
  const readme = readFileSync(join(DIR, 'README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| \[`([^`]+)`\]\(([^)]+)\) \| (.+?) \|/gm)].map(([, ...cells]) => cells)
  const wanted = NAMES.map((name) => [name, `${name}.yaml`, documentOf(name).description])
  expect(rows.toSorted(byFirst)).toEqual(wanted.toSorted(byFirst))
})

function byFirst([one = '']: readonly (string | undefined)[], [other = '']: readonly (string | undefined)[]): number {
  return one < other ? -1 : 1
}
