import { describe, expect, test } from 'vitest'
import { checkCaller, checkToken, isSameOrigin } from '../../../src/admin/security.ts'

const RULES = { allowHosts: ['Chaos.Example'], token: 'open sesame' }

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

describe('token', () => {
  test.each(['Bearer open sesame', 'bearer open sesame'])('%j opens', (authorization) => {
    expect(() => checkToken({ authorization }, RULES)).not.toThrow()
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

  test('none is wanted where none is set', () => {
    expect(() => checkToken({}, { allowHosts: [] })).not.toThrow()
  })
})
