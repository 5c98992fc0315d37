import { describe, expect, test } from 'vitest'
import { FoulweatherApiError } from '../../../src/client/api-error.ts'

const ASKED = { method: 'POST', path: '/v1/proxies/pg/faults' }

function errorOf(body: unknown, status = 400): FoulweatherApiError {
  return new FoulweatherApiError(ASKED, status, typeof body === 'string' ? body : JSON.stringify(body))
}

describe('an answer that is an error', () => {
  test('of ours has everything that the problem document has', () => {
    const error = errorOf({
      type: '/docs/errors#invalid_value',
      title: 'A value is not acceptable',
      status: 400,
      detail: 'latency: expected a duration, got "soon"',
      code: 'invalid_value',
      field: 'latency',
      value: 'soon',
      expected: 'a duration',
      file: 'a.yaml',
      line: 3,
      column: 5,
    })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'FoulweatherApiError',
      message: 'POST /v1/proxies/pg/faults: HTTP 400 invalid_value: latency: expected a duration, got "soon"',
      status: 400,
      code: 'invalid_value',
      field: 'latency',
      value: 'soon',
      expected: 'a duration',
      place: { file: 'a.yaml', line: 3, column: 5 },
      problems: [],
      ...ASKED,
    })
  })

  test('lists several problems, each with its place', () => {
    const problems = Array.from({ length: 12 }, (_, index) => ({
      code: 'invalid_value',
      detail: `faults[${index}].latency: expected a duration`,
      field: `faults[${index}].latency`,
      line: index + 1,
      column: 2,
    }))
    const error = errorOf({ code: 'invalid_profile', detail: 'the profile has 12 mistakes', problems })
    expect(error.problems).toEqual(problems)
    const lines = error.message.split('\n')
    expect(lines[0]).toMatch(/: the profile has 12 mistakes$/)
    expect(lines[1]).toContain('faults[0].latency')
    expect(lines).toHaveLength(12)
    expect(lines.at(-1)).toBe('- … and 2 more')
  })

  test.each([
    ['{"error":"proxy not found","status":404}\n', 404, 'HTTP 404: proxy not found', undefined],
    ['<html>\n  It works!</html>', 502, 'HTTP 502: <html> It works!</html>', undefined],
    ['', 500, 'HTTP 500: without a word', undefined],
    ['null', 500, 'HTTP 500: null', undefined],
    ['{"code":7,"detail":[],"problems":{}}', 400, 'HTTP 400: {"code":7,"detail":[],"problems":{}}', undefined],
    ['{"title":"Gone","problems":[3,null,{"code":"x"}]}', 410, 'HTTP 410: Gone', undefined],
  ])('of anybody else is told as it is: %j', (body, status, text, code) => {
    const error = errorOf(body, status)
    expect(error.message).toBe(`POST /v1/proxies/pg/faults: ${text}`)
    expect(error).toMatchObject({ status, code, problems: [] })
    expect(error.place).toBeUndefined()
  })
})
