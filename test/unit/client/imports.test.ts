import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../../../src')

interface Reached {
  /** Of ours, below src/. */
  readonly files: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
}

/** Everything that `entry` imports, and what that imports. @param types what is imported for its types alone as well: what declarations refer to. */
function reach(entry: string, types: boolean): Reached {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (files.has(relative(SRC, file))) return
    files.add(relative(SRC, file))
    const source = readFileSync(file, 'utf8')
    for (const [, type, from = ''] of source.matchAll(/^(?:import|export)( type)? (?:[^;'"]*? from )?'([^']+)'/gm)) {
      if (type !== undefined && !types) continue
      if (from.startsWith('.')) visit(join(dirname(file), from))
      else if (!from.startsWith('node:')) packages.add(from)
    }
  }
  visit(entry)
  return { files, packages }
}

const CLIENT = join(SRC, 'client/index.ts')

test('a program that drives a server loads nothing of a server', () => {
  const { files, packages } = reach(CLIENT, false)
  // `undici` comes with the first call.
  expect([...packages]).toEqual([])
  expect([...files].filter((file) => !/^(client|core)\//.test(file))).toEqual(['version.ts', '../package.json'])
})

test('the declarations of the client lead to none of the packages that a server is made of', () => {
  const { files, packages } = reach(CLIENT, true)
  expect(files.size).toBeGreaterThan(50)
  expect([...files].every((file) => existsSync(join(SRC, file)))).toBe(true)
  const ofServers = ['@hapi/hapi', 'pino', 'pino-pretty', 'prom-client', 'commander', '@peculiar/x509', 'yaml']
  expect(ofServers.filter((name) => packages.has(name))).toEqual([])
})
