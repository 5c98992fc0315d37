import { describe, expect, test } from 'vitest'
import { compileMatch, RequestFacts } from '../../../src/core/exchange-match.ts'
import type { HeaderList, RequestHead } from '../../../src/core/http.ts'
import type { ExchangeMatch } from '../../../src/core/plan.ts'

function facts(method: string, target: string, headers: HeaderList = [], client = '10.0.0.1:4000'): RequestFacts {
  const head: RequestHead = { method, target, headers, minor: 1, bodyKind: 'none', bodyLength: 0 }
  return new RequestFacts(head, client)
}

const holds = (networks: readonly string[]) => (client: string) => networks.includes(client.replace(/:\d+$/, ''))

function matches(match: ExchangeMatch, request: RequestFacts, status?: number): boolean {
  return compileMatch(match, holds)(request, status)
}

describe('what a request asks for', () => {
  test.each<[string, string, HeaderList, { path: string; host: string }]>([
    ['GET', '/a/b?c=/d', [['Host', 'Example.com:8080']], { path: '/a/b', host: 'example.com' }],
    ['GET', '/?', [['hOST', 'example.com']], { path: '/', host: 'example.com' }],
    ['GET', '/a%2Fb', [], { path: '/a%2Fb', host: '' }],
    ['GET', 'http://Other.org:81/x?y', [['Host', 'example.com']], { path: '/x', host: 'other.org' }],
    ['GET', 'http://other.org?y', [], { path: '/', host: 'other.org' }],
    ['GET', 'http://me:pw@other.org', [], { path: '/', host: 'other.org' }],
    ['OPTIONS', '*', [['Host', '[2001:DB8::1]:80']], { path: '*', host: '2001:db8::1' }],
    ['CONNECT', 'Example.com:443', [['Host', 'x']], { path: '', host: 'example.com' }],
    ['GET', '//double?', [['Host', '::bad::']], { path: '//double', host: '::bad:' }],
  ])('%s %s', (method, target, headers, { path, host }) => {
    const request = facts(method, target, headers)
    expect({ path: request.path, host: request.host }).toEqual({ path, host })
  })

  test('the client has no port', () => {
    const clients = ['10.0.0.1:4000', '[::1]:4000', 'unix'].map((client) => facts('GET', '/', [], client).client)
    expect(clients).toEqual(['10.0.0.1', '::1', 'unix'])
  })

  test('parameters are decoded, and may come several times or be broken', () => {
    const request = facts('GET', '/?a=1&a=%32&b=x+y%20z&%63=&bad=%zz&e')
    expect(['a', 'b', 'c', 'bad', 'e', 'f'].map((name) => request.query(name))).toEqual([
      ['1', '2'],
      ['x y z'],
      [''],
      ['%zz'],
      [''],
      [],
    ])
  })
})

describe('a match', () => {
  const request = facts('get', '/api/users?id=7&tag=a&tag=b', [
    ['Host', 'api.example.com'],
    ['X-User', 'bob'],
    ['Accept', 'text/html'],
    ['accept', '*/*'],
  ])

  test.each<[ExchangeMatch, boolean]>([
    [{}, true],
    [{ method: ['GET'] }, true],
    [{ method: ['POST', 'GET'] }, true],
    [{ method: ['POST'] }, false],
    [{ path: ['/api/*'] }, true],
    [{ path: ['/x', '/^\\/api/'] }, true],
    [{ path: ['/api/users?id=7'] }, false],
    [{ host: ['*.example.com'] }, true],
    [{ host: ['example.com'] }, false],
    [{ headers: { 'x-user': 'b?b' } }, true],
    [{ headers: { 'x-user': 'bob', accept: 'text/html, */*' } }, true],
    [{ headers: { 'x-user': 'bob', accept: 'text/html' } }, false],
    [{ headers: { 'x-user': null } }, false],
    [{ headers: { 'x-canary': null } }, true],
    [{ headers: { 'x-canary': '*' } }, false],
    [{ query: { id: '7' } }, true],
    [{ query: { tag: 'b' } }, true],
    [{ query: { tag: 'c' } }, false],
    [{ query: { id: '7', debug: null } }, true],
    [{ query: { id: null } }, false],
    [{ client: ['10.0.0.1'] }, true],
    [{ client: ['10.0.0.2'] }, false],
    [{ method: ['GET'], path: ['/api/*'], host: ['*'], headers: { 'x-user': '*' }, query: { id: '*' } }, true],
    [{ method: ['GET'], path: ['/api/*'], host: ['*'], headers: { 'x-user': '*' }, query: { id: '8' } }, false],
  ])('%j is %s', (match, expected) => {
    expect(matches(match, request)).toBe(expected)
  })

  test('of a status waits for the response', () => {
    const match: ExchangeMatch = {
      status: [
        [429, 429],
        [500, 504],
      ],
      method: ['GET'],
    }
    const seen = [undefined, 200, 429, 500, 503, 504, 505].filter((status) => matches(match, request, status))
    expect(seen).toEqual([429, 500, 503, 504])
    expect(matches({ ...match, method: ['POST'] }, request, 503)).toBe(false)
  })
})
