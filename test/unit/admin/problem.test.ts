import { expect, test } from 'vitest'
import { problemDocument } from '../../../src/admin/problem.ts'
import { FoulweatherError } from '../../../src/core/errors.ts'
import { AdminRig } from '../../support/admin-rig.ts'

const place = { file: 'a.yaml', line: 3, column: 7 }

test('a problem tells where it stands', () => {
  const error = new FoulweatherError('invalid_value', 'bad', {
    field: 'ttl',
    value: 'x',
    expected: 'a duration',
    place,
  })
  expect(JSON.parse(JSON.stringify(problemDocument(error)))).toEqual({
    type: '/docs/errors#invalid_value',
    title: 'A value is not acceptable',
    status: 400,
    detail: 'bad',
    code: 'invalid_value',
    field: 'ttl',
    value: 'x',
    expected: 'a duration',
    file: 'a.yaml',
    line: 3,
    column: 7,
  })
})

test('a text that is no file has no name', () => {
  const error = new FoulweatherError('invalid_value', 'bad', { place: { line: 1, column: 2 } })
  expect(problemDocument(error)).toMatchObject({ file: undefined, line: 1, column: 2 })
})

const one = (at: number) =>
  new FoulweatherError('missing_field', `m${at}`, {
    field: `faults[${at}]`,
    expected: 'e',
    place: { ...place, line: at + 1 },
  })

test('where several things are wrong, each has its particulars, and there are 50 of them at most', () => {
  const problems = Array.from({ length: 60 }, (_, at) => one(at))
  const document = problemDocument(new FoulweatherError('invalid_profile', 'all of them', { problems }))
  const told = JSON.parse(JSON.stringify(document)) as { problems: unknown[] }
  expect(told.problems).toHaveLength(50)
  expect(told.problems[2]).toEqual({
    code: 'missing_field',
    detail: 'm2',
    field: 'faults[2]',
    expected: 'e',
    file: 'a.yaml',
    line: 3,
    column: 7,
  })
})

test('without any, there is no list', () => {
  expect(JSON.stringify(problemDocument(new FoulweatherError('halted', 'x')))).not.toContain('problems')
})

test.each(['/v1/proxies/%zz', '/v1/%', '/docs/%4'])(
  'a path that cannot be read, %s, is a problem too',
  async (path) => {
    await using rig = new AdminRig()
    const { status, body } = await rig.ask('GET', path)
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_value', field: 'path', value: path })
    expect((await rig.ask('GET', path.replace(/^\/\w+/, '/proxies'))).body).toBe('400 Bad Request')
  },
)
