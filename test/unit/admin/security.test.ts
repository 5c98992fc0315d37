import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkCaller, checkToken, isSameOrigin, Tokens } from '../../../src/admin/security.ts'

const RULES = { allowHosts: ['Chaos.Example'], tokens: new Tokens([], 'open sesame') }

describe('Host', () => {
  test.each([
    'localhost',
    'LOCALHOST:8474',
    'a.localhost:1',
    'host.docker.internal:8474',
    'host.containers.internal',
    'localhost.',
    '127.0.0.1:8474',
    '10.1.2.3',
    '[::1]:8474',
    'toxiproxy',
    'my_toxi-1:8474',
    'chaos.example',
    'chaos.example:8474',
  ])('%s is let in', (host) => {
    expect(() => checkCaller({ host }, RULES)).not.toThrow()
  })

  test.each([
    'evil.example',
    'evil.example:8474',
    'localhost.evil.example',
    'docker.internal.evil.example',
    'notdocker.internal',
    '127.0.0.1.evil.example',
    'x.chaos.example',
    'user@localhost.evil',
    'evil.example/localhost',
    '',
    '[evil.example]',
    'a b',
  ])('%j is refused', (host) => {
    expect(() => checkCaller({ host }, RULES)).toThrow(expect.objectContaining({ code: 'host_refused', value: host }))
  })

  test('none at all is let in', () => {
    expect(() => checkCaller({}, RULES)).not.toThrow()
  })
})

describe('Origin', () => {
  test.each(['http://localhost:8474', 'https://localhost:8474', 'HTTP://LOCALHOST:8474'])('%s is our own', (origin) => {
    expect(() => checkCaller({ host: 'localhost:8474', origin }, RULES)).not.toThrow()
    expect(isSameOrigin({ host: 'localhost:8474', origin })).toBe(true)
  })

  test.each(['null', 'http://localhost', 'http://localhost:8475', 'http://evil.example', 'file://localhost:8474', ''])(
    '%j is foreign',
    (origin) => {
      expect(() => checkCaller({ host: 'localhost:8474', origin }, RULES)).toThrow(
        expect.objectContaining({ code: 'origin_refused' }),
      )
    },
  )

  test.each([
    ['same-origin', true],
    ['none', false],
    ['same-site', false],
    ['cross-site', false],
  ])('a browser that says %s is of the same origin: %s', (site, same) => {
    expect(isSameOrigin({ host: 'localhost', 'sec-fetch-site': site })).toBe(same)
  })
})

const from = (site: string, mode: string, dest: string) => ({
  host: 'localhost:8474',
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})

describe('without an Origin', () => {
  test.each([
    ['same-origin', 'cors', 'empty'],
    ['none', 'navigate', 'document'],
    ['cross-site', 'navigate', 'document'],
    ['same-site', 'navigate', 'document'],
  ])('a request that is %s, by %s for a %s, is let in', (...given) => {
    expect(() => checkCaller(from(...given), RULES)).not.toThrow()
  })

  test.each([
    ['cross-site', 'no-cors', 'image'],
    ['cross-site', 'no-cors', 'script'],
    ['cross-site', 'no-cors', 'empty'],
    ['cross-site', 'navigate', 'iframe'],
    ['same-site', 'no-cors', 'empty'],
  ])('a request that is %s, by %s for a %s, is what a page embeds, and refused', (...given) => {
    expect(() => checkCaller(from(...given), RULES)).toThrow(
      expect.objectContaining({ code: 'origin_refused', field: 'Sec-Fetch-Site', value: given[0] }),
    )
  })
})

describe('token', () => {
  test.each(['Bearer open sesame', 'bearer open sesame'])('%j opens', (authorization) => {
    expect(checkToken({ authorization }, RULES)).toEqual({ name: 'admin', role: 'admin' })
  })

  test.each([undefined, '', 'Bearer', 'Bearer open', 'Bearer open sesame ', 'Basic open sesame', 'open sesame'])(
    '%j does not, and no secret is told',
    (authorization) => {
      const headers = authorization === undefined ? {} : { authorization }
      expect(() => checkToken(headers, RULES)).toThrow(/^(?!.*sesame)/)
      expect(() => checkToken(headers, RULES)).toThrow(
        expect.objectContaining({ code: 'unauthorized', value: undefined }),
      )
    },
  )

  test('where none is set, everybody may do everything, and nobody has a name', () => {
    expect(checkToken({}, { tokens: new Tokens() })).toEqual({ role: 'admin' })
    expect(checkToken({ authorization: 'Bearer x' }, { tokens: new Tokens([]) })).toEqual({ role: 'admin' })
  })

  test('each of several has its name and its role, by itself or by its digest', () => {
    const digest = createHash('sha256').update('the token of a robot').digest('hex')
    const tokens = new Tokens(
      [
        { name: 'alice', role: 'operator', token: 'the token of alice' },
        { name: 'robot', role: 'viewer', token_sha256: digest.toUpperCase() },
      ],
      'open sesame',
    )
    const callerWith = (token: string) => checkToken({ authorization: `Bearer ${token}` }, { tokens })
    expect(callerWith('the token of alice')).toEqual({ name: 'alice', role: 'operator' })
    expect(callerWith('the token of a robot')).toEqual({ name: 'robot', role: 'viewer' })
    expect(callerWith('open sesame')).toEqual({ name: 'admin', role: 'admin' })
    for (const wrong of [digest, 'alice', '']) {
      expect(() => callerWith(wrong)).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    }
  })

  test('no other is called as the one that is given alone', () => {
    const another = [{ name: 'admin', role: 'viewer', token: 'the token of admin' }] as const
    expect(() => new Tokens(another, 'open sesame')).toThrow(
      expect.objectContaining({ code: 'invalid_value', field: 'name', value: 'admin' }),
    )
    expect(new Tokens(another).find('the token of admin')).toEqual({ name: 'admin', role: 'viewer' })
  })

  test('none is empty: whoever sends none would have it', () => {
    const digest = createHash('sha256').update('').digest('hex')
    const expected = expect.objectContaining({ code: 'invalid_value', field: 'token' }) as Error
    expect(() => new Tokens([], '')).toThrow(expected)
    expect(() => new Tokens([{ name: 'a', role: 'admin', token_sha256: digest }])).toThrow(expected)
  })

  test("no two are the same: which role it has would be anybody's guess", () => {
    const same = [{ name: 'bob', role: 'viewer', token: 'open sesame' }] as const
    expect(() => new Tokens(same, 'open sesame')).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        field: 'token',
        message: 'the token of "bob" is the same as that of "admin"; expected another token',
      }),
    )
  })
})
