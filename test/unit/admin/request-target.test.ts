import { expect, test } from 'vitest'
import { encodePath, readTarget } from '../../../src/admin/request-target.ts'

test.each([
  ['/proxies', ['proxies'], ''],
  ['/', [''], ''],
  ['/proxies/', ['proxies', ''], ''],
  ['/proxies/a%2Fb?x=1', ['proxies', 'a/b'], '?x=1'],
  ['/proxies/a%2F%2Fb', ['proxies', 'a//b'], ''],
  ['/proxies/redis:6379', ['proxies', 'redis:6379'], ''],
  ['/proxies/%C3%A9%20x', ['proxies', 'é x'], ''],
  ['/proxies/%FF', ['proxies', '\uFFFD'], ''],
  ['/proxies/%25', ['proxies', '%'], ''],
  ['http://localhost:8474/version?q', ['version'], '?q'],
])('%s has the segments %j', (target, segments, query) => {
  expect(readTarget(target)).toEqual({ kind: 'path', segments, query })
})

test.each([
  ['//proxies', '/proxies'],
  ['/proxies//a', '/proxies/a'],
  ['/proxies/./a?x=1', '/proxies/a?x=1'],
  ['/proxies/../version', '/version'],
  ['/proxies/%2e%2E/version', '/version'],
  ['/proxies//', '/proxies/'],
  ['/..', '/'],
  ['//', '/'],
])('%s is cleaned to %s', (target, location) => {
  expect(readTarget(target)).toEqual({ kind: 'redirect', location })
})

test.each(['*', '', 'proxies', '/proxies/%', '/proxies/%zz', '/proxies/%2'])('%j is no target', (target) => {
  expect(readTarget(target)).toEqual({ kind: 'bad' })
})

test('a path is written in one way', () => {
  expect(encodePath(['proxies', 'a/b é%'])).toBe('/proxies/a%2Fb%20%C3%A9%25')
})
