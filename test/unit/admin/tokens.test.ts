import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readTokens } from '../../../src/admin/tokens.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'

const SECRET = 's3cr3t-s3cr3t-s3cr3t'
const DIGEST = createHash('sha256').update(SECRET).digest('hex')

function mistake(text: string): FoulweatherError {
  try {
    readTokens(text, 'tokens.yaml')
  } catch (error) {
    if (error instanceof FoulweatherError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('a file of tokens', () => {
  test('is YAML', () => {
    const text = `# who may do what\n- {name: alice, role: admin, token: ${SECRET}}\n- name: ci.bot-1_x\n  role: operator\n  token_sha256: ${'a'.repeat(64)}\n`
    expect(readTokens(text, 'tokens.yaml')).toEqual([
      { name: 'alice', role: 'admin', token: SECRET },
      { name: 'ci.bot-1_x', role: 'operator', token_sha256: 'a'.repeat(64) },
    ])
  })

  test('or JSON', () => {
    const tokens = [{ name: 'a', role: 'viewer', token: SECRET }]
    expect(readTokens(JSON.stringify(tokens), 'tokens.json')).toEqual(tokens)
  })
})

const alice = `- name: alice\n  role: admin\n  token: ${SECRET}\n`

const entry = (at: number) => ({ name: `n${at}`, role: 'viewer', token: `${SECRET}-${at}` })

describe('mistakes name the field and its place', () => {
  test.each([
    ['', 'tokens', 1, 1],
    ['[]', 'tokens', 1, 1],
    ['name: alice', 'tokens', 1, 1],
    ['- alice', 'tokens[0]', 1, 3],
    [`- name: alice\n  token: ${SECRET}\n`, 'tokens[0].role', 1, 3],
    [`- role: admin\n  token: ${SECRET}\n`, 'tokens[0].name', 1, 3],
    [`- name: alice\n  role: root\n  token: ${SECRET}\n`, 'tokens[0].role', 2, 9],
    [`- name: al ice\n  role: admin\n  token: ${SECRET}\n`, 'tokens[0].name', 1, 9],
    [`- name: ${'x'.repeat(65)}\n  role: admin\n  token: ${SECRET}\n`, 'tokens[0].name', 1, 9],
    ['- name: alice\n  role: admin\n  token: fifteen-letters\n', 'tokens[0].token', 3, 10],
    ['- name: alice\n  role: admin\n  token: with a space in it\n', 'tokens[0].token', 3, 10],
    ['- name: alice\n  role: admin\n  token: 1234567890123456\n', 'tokens[0].token', 3, 10],
    ['- name: alice\n  role: admin\n  token_sha256: abc\n', 'tokens[0].token_sha256', 3, 17],
    ['- name: alice\n  role: admin\n', 'tokens[0]', 1, 3],
    [`- name: alice\n  role: admin\n  token: ${SECRET}\n  token_sha256: ${DIGEST}\n`, 'tokens[0]', 1, 3],
    [`${alice}- name: alice\n  role: viewer\n  token: another-${SECRET}\n`, 'tokens[1].name', 4, 9],
    [`${alice}- name: bob\n  role: viewer\n  token: ${SECRET}\n`, 'tokens[1]', 4, 3],
    [`${alice}- name: bob\n  role: viewer\n  token_sha256: ${DIGEST.toUpperCase()}\n`, 'tokens[1]', 4, 3],
    [`- name: alice\n  rôle: admin\n  token: ${SECRET}\n`, 'tokens[0]', 1, 3],
    [`- name: alice\n  role: admin\n  ${SECRET}: token\n`, 'tokens[0]', 1, 3],
    [`- name: alice\n  role: admin\n  token: "${SECRET}\n`, 'tokens', 4, 1],
    [`- {name: alice, role: admin, token: ${SECRET}\n`, 'tokens', 2, 1],
    [`- &a {name: alice, role: admin, token: ${SECRET}}\n- *a\n`, 'tokens', 1, 1],
    [`- name: alice\n  name: bob\n  role: admin\n  token: ${SECRET}\n`, 'tokens', 2, 3],
  ])('%j: %s', (text, field, line, column) => {
    const { code, place, message, expected, value, cause, problems, ...error } = mistake(text)
    expect({ code, field: error.field, place }).toEqual({
      code: 'invalid_value',
      field,
      place: { file: 'tokens.yaml', line, column },
    })
    expect(message).toContain(`tokens.yaml:${line}:${column}: ${field}: expected ${expected}`)
    // Nothing that could be a token is told.
    const told = JSON.stringify({ message, expected, value, cause, problems })
    expect(told).not.toMatch(/s3cr3t|fifteen-letters|with a space|1234567890123456/)
    expect(value).toBeUndefined()
  })

  test('a misspelt field is recognised', () => {
    expect(mistake(`- name: alice\n  role: admin\n  tokn: ${SECRET}\n`).message).toContain('did you mean "token"?')
  })

  test('there are 1000 tokens at most', () => {
    const many = Array.from({ length: 1000 }, (_, at) => entry(at))
    expect(readTokens(JSON.stringify(many), 'f')).toHaveLength(1000)
    expect(mistake(JSON.stringify([...many, entry(1000)])).field).toBe('tokens')
  })
})

test('the digest of nothing is refused: it is what comes of a variable that is not set', () => {
  const digest = createHash('sha256').update('').digest('hex')
  const error = mistake(`${alice}- {name: bob, role: admin, token_sha256: ${digest.toUpperCase()}}\n`)
  expect(error).toMatchObject({ field: 'tokens[1].token_sha256', place: { line: 4 } })
  expect(error.message).toContain('this is that of nothing')
})
