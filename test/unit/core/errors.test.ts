import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ERRORS, FoulweatherError, type ErrorCode } from '../../../src/core/errors.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]

test.each(codes)('%s is in docs/errors.md, with its status, meaning and help', async (code) => {
  const docs = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const section = docs.split(/^## /m).find((text) => text.startsWith(`${code}\n`))
  const { status, title, help } = ERRORS[code]
  expect(section).toContain(`${title} (HTTP ${status}).`)
  expect(section).toContain(help)
})

test('docs/errors.md has no code that does not exist', async () => {
  const docs = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const documented = [...docs.matchAll(/^## (.*)$/gm)].map(([, code]) => code)
  expect(new Set(documented)).toEqual(new Set(codes))
})

test.each(codes)('%s is a lower-case word with a failing status', (code) => {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  expect(ERRORS[code].status).toBeGreaterThanOrEqual(400)
  expect(ERRORS[code].status).toBeLessThan(600)
})

test('an error keeps its cause and says what would be right', () => {
  const cause = new Error('below')
  const error = new FoulweatherError('listen_failed', 'listen: taken', {
    field: 'listen',
    value: ':80',
    expected: 'a free port',
    cause,
  })
  expect(error).toMatchObject({ status: 500, field: 'listen', value: ':80', expected: 'a free port', cause })
  expect(new FoulweatherError('invalid_value', 'x')).not.toHaveProperty('cause')
})
