import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactTarget } from '../../../../src/engine/http/redact-target.ts'

/** Texts with many of the signs that mean something in a target. */
const target = fc.string({ unit: fc.constantFrom(...Array.from('ab/?#&=;:@%.…')), maxLength: 60 })
const plain = fc.string({ unit: fc.constantFrom(...Array.from('abc-%2')), maxLength: 12 })

test('what is redacted stays as it is when it is redacted again', () => {
  fc.assert(
    fc.property(target, fc.boolean(), (text, show) => {
      const once = redactTarget(text, show)
      expect(redactTarget(once, show)).toBe(once)
    }),
    { numRuns: 5000 },
  )
})

test('no value of a query, no user and no password is shown, wherever they stand', () => {
  const secret = 'S3CRET'
  const part = fc.tuple(plain, plain).map(([name, value]) => `${name}=${value}${secret}`)
  const query = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `?${parts.join('&')}`)
  const user = plain.map((name) => `${name}:${secret}@`)
  const path = fc.array(plain, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
  const secretTarget = fc.oneof(
    fc.tuple(path, query).map(([a, b]) => a + b),
    fc.tuple(user, path, query).map(([a, b, c]) => `http://${a}host${b}${c}`),
    user.map((a) => `${a}host:443`),
  )
  fc.assert(
    fc.property(secretTarget, (text) => {
      expect(redactTarget(text, false)).not.toContain(secret)
    }),
    { numRuns: 2000 },
  )
})
