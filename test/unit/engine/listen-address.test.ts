import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { resolveListen, sameListen } from '../../../src/engine/listen-address.ts'

/** Names and aliases of port 80 on this machine; a slim container has none. */
const services = new Set(
  ((): string => {
    try {
      return /^http\s+80\/tcp.*$/m.exec(readFileSync('/etc/services', 'utf8'))?.[0] ?? ''
    } catch {
      return ''
    }
  })().split(/\s+/),
)

async function textOf(text: string): Promise<string> {
  return (await resolveListen(text)).text
}

async function refusal(text: string): Promise<FoulweatherError> {
  const error: unknown = await resolveListen(text).catch((caught: unknown) => caught)
  if (!(error instanceof FoulweatherError)) throw new Error(`${text} was not refused`)
  return error
}

describe('canonical form', () => {
  test.each(['0.0.0.0:80', ':80', '[::]:80', '[]:80', '[0:0:0:0:0:0:0:0]:80', '[::0]:80', '0:80'])(
    '%s is every interface',
    async (text) => {
      expect(await resolveListen(text)).toMatchObject({ kind: 'tcp', host: '::', port: 80, text: '[::]:80' })
    },
  )

  test.each(['0.0.0.0:80', ':80', '[::]:80'])('%s is called so in what is said of it', async (text) => {
    expect(await resolveListen(text)).toMatchObject({ asked: text })
  })

  test.each([
    ['', '[::]:0'],
    ['127.0.0.1:5432', '127.0.0.1:5432'],
    ['127.0.0.1:', '127.0.0.1:0'],
    ['127.0.0.1:0080', '127.0.0.1:80'],
    ['127.0.0.1:65535', '127.0.0.1:65535'],
    ['[127.0.0.1]:80', '127.0.0.1:80'],
    ['[::1]:80', '[::1]:80'],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
    ['[2001:DB8::0:1]:80', '[2001:db8::1]:80'],
    ['unix:/run/x.sock', 'unix:/run/x.sock'],
  ])('%j → %s', async (text, canonical) => {
    expect(await textOf(text)).toBe(canonical)
  })

  test('a zone is kept: without it a link-local address means nothing', async () => {
    expect(await textOf('[fe80::1%lo]:80')).toBe('[fe80::1%lo]:80')
  })

  test('localhost is IPv4: several clients cut the address at its only colon', async () => {
    expect(await textOf('localhost:0')).toBe('127.0.0.1:0')
  })

  test.skipIf(!services.has('http'))('a service name is a port of TCP', async () => {
    expect(await textOf('127.0.0.1:http')).toBe('127.0.0.1:80')
  })

  test.skipIf(!services.has('www'))('so is its alias', async () => {
    expect(await textOf('127.0.0.1:www')).toBe('127.0.0.1:80')
  })
})

describe('refusals', () => {
  test.each([
    ['garbage', 'address garbage: missing port in address'],
    ['a:b:c', 'address a:b:c: too many colons in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['127.0.0.1:65536', 'address 65536: invalid port'],
    ['127.0.0.1:no-such-service', 'lookup tcp/no-such-service: unknown port'],
    ['127.0.0.1:-1', 'address -1: invalid port'],
    ['127.0.0.1:1e3', 'lookup tcp/1e3: unknown port'],
    ['name.invalid:80', 'lookup name.invalid: no such host'],
    ['256.1.1.1:80', 'lookup 256.1.1.1: no such host'],
    ['unix:', 'address unix:: missing path in unix address'],
  ])('%s: %s', async (text, message) => {
    expect(await refusal(text)).toMatchObject({ code: 'listen_failed', message, field: 'listen', value: text })
  })

  test('every text is resolved or refused, and nothing else is thrown', async () => {
    // No letters: a name that nobody knows may take its time to be looked up.
    const text = fc.string({
      unit: fc.constantFrom(':', '[', ']', '0', '1', '9', '.', '%', ' ', '-', '\0', '\u{1f327}'),
    })
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        const answer: unknown = await resolveListen(one).catch((error: unknown) => error)
        expect(answer instanceof FoulweatherError || !(answer instanceof Error)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the same place', () => {
  test('whatever the spelling', async () => {
    expect(sameListen('127.0.0.1:80', await resolveListen('localhost:80'))).toBe(true)
    for (const text of [':80', '0.0.0.0:80', '[::]:80', '[0::0]:80'])
      expect(sameListen('[::]:80', await resolveListen(text))).toBe(true)
    for (const stored of [':80', '0.0.0.0:80']) expect(sameListen(stored, await resolveListen('[::]:80'))).toBe(true)
    expect(sameListen('[::1]:80', await resolveListen('[0::1]:80'))).toBe(true)
    expect(sameListen('unix:/x', await resolveListen('unix:/x'))).toBe(true)
  })

  test('another port, another host or any free port is another one', async () => {
    expect(sameListen('127.0.0.1:80', await resolveListen('127.0.0.1:81'))).toBe(false)
    expect(sameListen('127.0.0.1:80', await resolveListen('127.0.0.2:80'))).toBe(false)
    expect(sameListen('127.0.0.1:0', await resolveListen('127.0.0.1:0'))).toBe(false)
    expect(sameListen('unix:/x', await resolveListen('unix:/y'))).toBe(false)
  })
})
