import { expect, test } from 'vitest'
import { redactTarget } from '../../../../src/engine/http/redact-target.ts'

test.each([
  ['/', '/'],
  ['*', '*'],
  ['/a/b.html', '/a/b.html'],
  ['/a?', '/a?'],
  ['/a?token=abc&page=2', '/a?token=…&page=…'],
  ['/a?token=', '/a?token=…'],
  ['/a?=abc', '/a?=…'],
  ['/a?abc', '/a?…'],
  ['/a?token%3Dabc', '/a?…'],
  ['/a?x=1=2?3&&y', '/a?x=…&&…'],
  ['/a?next=http://u:p@h/', '/a?next=…'],
  ['/a?x=1;token=abc', '/a?x=…'],
  ['/a#abc', '/a#…'],
  ['/a?x#token=abc', '/a?x#token=…'],
  ['/a;jsessionid=abc/b;v=1;w=2?c=d', '/a;jsessionid=…/b;v=…;w=…?c=…'],
  ['/a;v1/b', '/a;v1/b'],
  ['/@scope/name@1.0', '/@scope/name@1.0'],
  ['http://host:80/a?b=c', 'http://host:80/a?b=…'],
  ['http://user:secret@host:80/a?b=c', 'http://…@host:80/a?b=…'],
  ['http://user:sec@ret@host', 'http://…@host'],
  ['http:/user:secret@host', 'http:/…@host'],
  ['/http://user:secret@host/a', '/http://…@host/a'],
  ['//user:secret@host/a', '//…@host/a'],
  ['user:secret@host:443', '…@host:443'],
  ['host:443', 'host:443'],
  ['user:se?cret@host:443', 'user:se?…'],
])('%s is shown as %s', (target, shown) => {
  expect(redactTarget(target, false)).toBe(shown)
})

test('queries are shown where that is wanted, users never are', () => {
  expect(redactTarget('http://user:secret@host/a;v=1?token=abc#x', true)).toBe('http://…@host/a;v=1?token=abc#x')
  expect(redactTarget('user:secret@host:443', true)).toBe('…@host:443')
})
