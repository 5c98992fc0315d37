import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FoulweatherClient } from '../../../src/client/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/client.md'), 'utf8')

/** Its own, and those that it inherits. */
function methodsOf(object: object): readonly string[] {
  const prototype = Object.getPrototypeOf(object) as object
  if (prototype === Object.prototype) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
    .map(([name]) => name)
  return [...own, ...methodsOf(prototype)]
}

test('the page of the client has every method', () => {
  const client = new FoulweatherClient()
  const resources = {
    proxies: client.proxies,
    profiles: client.profiles,
    sessions: client.sessions,
    'faults(proxy)': client.faults('p'),
  }
  const rows = page.split('\n')
  const missing = Object.entries(resources).flatMap(([resource, methods]) =>
    methodsOf(methods)
      .filter((method) => !rows.some((row) => row.startsWith(`| \`${resource}.`) && row.includes(`.${method}(`)))
      .map((method) => `${resource}.${method}`),
  )
  const own = methodsOf(client)
  expect(own).toEqual(expect.arrayContaining(['withFault', 'exportText']))
  expect([...missing, ...own.filter((method) => !page.includes(`${method}(`))]).toEqual([])
})

test('the page of the client begins with an example of five lines', () => {
  const [, code = ''] = /```ts\n([^]*?)```/.exec(page) ?? []
  expect(
    code
      .trim()
      .split('\n')
      .filter((line) => line !== ''),
  ).toHaveLength(5)
})
