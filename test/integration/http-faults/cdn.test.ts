import { describe, expect, test } from 'vitest'
import { edgeOf } from '../../../src/faults/cdn-bad-edge.ts'
import { FaultsRig, inChunks, message, OK, type FaultInput } from './rig.ts'

const get = (...fields: readonly string[]): string =>
  `${['GET /f HTTP/1.1', 'Host: a', ...fields].join('\r\n')}\r\n\r\n`
const DATES = ['Date: Sun, 22 Nov 2026 12:00:00 GMT', 'Last-Modified: Sun, 22 Nov 2026 11:30:00 GMT']
const HIT = message(OK, [...DATES, 'ETag: "v2"', 'Cache-Control: max-age=60', 'Set-Cookie: a=b'], 'body')

describe('cdn_stale', () => {
  const STALE: FaultInput = { type: 'cdn_stale', age: '1h', max_age: '30s', warning: true }
  const OLD = [
    'Date: Sun, 22 Nov 2026 11:00:00 GMT',
    'Last-Modified: Sun, 22 Nov 2026 11:00:00 GMT',
    'ETag: "v2"',
    'Cache-Control: public, max-age=30',
    'Set-Cookie: a=b',
    'Content-Length: 4',
    'Age: 3600',
    'X-Cache: HIT',
    'Warning: 110 - "Response is Stale"',
  ]
  const head = `${[OK, ...OLD].join('\r\n')}\r\n\r\n`

  test('makes the head old, and leaves the body', async () => {
    await using rig = await FaultsRig.start([STALE])
    const line = await rig.line()
    await line.tellsTwice({ asks: get(), answers: HIT, gets: `${head}body` })
    const asks = get().replace('GET', 'HEAD')
    await line.tellsTwice({ asks, answers: HIT.subarray(0, -4), gets: head })
    expect(rig.broken).toEqual([])
  })

  test('leaves alone what no cache would have', async () => {
    await using rig = await FaultsRig.start([STALE])
    const line = await rig.line()
    await line.tellsTwice({ asks: message('POST / HTTP/1.1', ['Host: a'], 'x'), answers: HIT })
    await line.tellsTwice({ asks: get(), answers: message('HTTP/1.1 503 Busy', DATES, 'x') })
    expect(await rig.records('cdn_stale')).toEqual([])
  })

  test('of a body that http_body makes old, too, in both orders', async () => {
    const old: FaultInput = { type: 'http_body', replace: 'yesterday' }
    for (const faults of [
      [STALE, old],
      [old, STALE],
    ]) {
      await using rig = await FaultsRig.start(faults)
      const line = await rig.line()
      await line.tellsTwice({ asks: get(), answers: HIT, gets: `${head.replace('Length: 4', 'Length: 9')}yesterday` })
      expect(rig.broken).toEqual([])
    }
  })
})

describe('cdn_not_modified', () => {
  const GOT = [
    'HTTP/1.1 304 Not Modified',
    'Last-Modified: Sun, 22 Nov 2026 11:30:00 GMT',
    'ETag: "v2"',
    'Cache-Control: max-age=60',
  ].join('\r\n')

  test('answers so without a body, and what the upstream sends is nobody’s', async () => {
    await using rig = await FaultsRig.start([{ type: 'cdn_not_modified' }])
    const line = await rig.line()
    const chunks = inChunks(OK, [...DATES, 'ETag: "v2"', 'Cache-Control: max-age=60'], ['a', 'b'.repeat(5000)])
    for (const answers of [HIT, chunks, HIT]) {
      line.ask(get())
      await line.arrives(get())
      await line.answer(answers)
      const { head } = await line.message()
      expect(head.replace(/Date: .*\r\n/, '')).toBe(`${GOT}\r\n\r\n`)
    }
    await line.tellsTwice({ asks: get('If-None-Match: "v1"'), answers: HIT })
    await line.tellsTwice({ asks: get(), answers: message('HTTP/1.1 404 Not Found', [], 'x') })
  })

  test('to outdated copies alone', async () => {
    await using rig = await FaultsRig.start([{ type: 'cdn_not_modified', when: 'conditional' }])
    const line = await rig.line()
    await line.tells({ asks: get(), answers: HIT })
    const asks = get('If-None-Match: "v1"')
    line.ask(asks)
    await line.arrives(asks)
    await line.answer(HIT)
    const { head } = await line.message()
    expect(head).toContain('304 Not Modified')
    await line.tells({ asks: get(), answers: HIT })
  })
})

const range = (flaw: string, more: object = {}): FaultInput => ({ type: 'cdn_range', flaw, ...more })

describe('cdn_range', () => {
  const PART = 'HTTP/1.1 206 Partial Content'
  const part = (where: string) => message(PART, [`Content-Range: bytes ${where}`], '0123')
  const whole = message(OK, [], '0123456789')

  test.each([
    ['shifted', { by: 2 }, get('Range: bytes=4-7'), part('4-7/10'), part('2-5/10')],
    ['shifted', { by: 2 }, get('Range: bytes=0-3'), part('0-3/*'), part('2-5/*')],
    ['wrong_total', { by: 5 }, get('Range: bytes=0-3'), part('0-3/10'), part('0-3/15')],
    ['missing', {}, get('Range: bytes=0-3'), part('0-3/10'), message(PART, [], '0123')],
    ['shifted', {}, get('Range: bytes=0-3'), whole, whole],
    ['unasked', {}, get(), whole, `${PART}\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/10\r\n\r\n0123456789`],
    ['unasked', {}, get('Range: bytes=0-3'), part('0-3/10'), part('0-3/10')],
  ])('%s %j', async (flaw, more, asks, answers, gets) => {
    await using rig = await FaultsRig.start([range(flaw, more)])
    const line = await rig.line()
    await line.tellsTwice({ asks, answers, gets })
    expect(await rig.records('cdn_range')).toHaveLength(answers.toString() === gets.toString() ? 0 : 2)
  })

  test.each([
    ['ignored', {}, get('range: bytes=4-', 'If-Range: "a"', 'X: 1'), get('X: 1'), whole],
    ['partial', { bytes: 4 }, get(), get('Range: bytes=0-3'), part('0-3/10')],
  ])('%s changes the request', async (flaw, more, asks, arrives, answers) => {
    await using rig = await FaultsRig.start([range(flaw, more)])
    const line = await rig.line()
    await line.tellsTwice({ asks, arrives, answers })
    expect(rig.broken).toEqual([])
  })
})

const mixed = (more: object): FaultInput => ({ type: 'cdn_mixed_versions', share: 1, ...more })

describe('cdn_mixed_versions', () => {
  test('has the old version, and its own validators', async () => {
    await using rig = await FaultsRig.start([mixed({ body: 'old body' })])
    const line = await rig.line()
    const OLD = [
      OK,
      'Date: Sun, 22 Nov 2026 12:00:00 GMT',
      'Last-Modified: Sun, 22 Nov 2026 10:30:00 GMT',
      'ETag: "v2-old"',
      'Cache-Control: max-age=60',
      'Set-Cookie: a=b',
    ]
    const gets = `${OLD.join('\r\n')}\r\nContent-Length: 8\r\nX-Version: old\r\n\r\nold body`
    await line.tellsTwice({ asks: get('If-None-Match: "v2"'), arrives: get(), answers: HIT, gets })
    for (let turn = 0; turn < 2; turn++) {
      line.ask(get('If-None-Match: "v2-old"'))
      await line.arrives(get())
      await line.answer(HIT)
      const { head } = await line.message()
      expect(
        head
          .replace(/Date: .*\r\n/, '')
          .split('\r\n')
          .slice(0, -2),
      ).toEqual([
        'HTTP/1.1 304 Not Modified',
        'Last-Modified: Sun, 22 Nov 2026 10:30:00 GMT',
        'ETag: "v2-old"',
        'Cache-Control: max-age=60',
        'X-Version: old',
      ])
    }
    const post = message('POST / HTTP/1.1', ['Host: a'], 'x')
    await line.tells({ asks: post, answers: HIT })
  })

  test('request and response of an exchange meet the same version', async () => {
    await using rig = await FaultsRig.start([mixed({ share: 0.5 })])
    const line = await rig.line()
    const met: string[] = []
    for (let turn = 0; turn < 30; turn++) {
      line.ask(get('If-None-Match: "v1"'))
      const { head: asked } = await line.request()
      await line.answer(HIT)
      const { head } = await line.message()
      met.push(`${asked.includes('If-None-Match') ? 'new' : 'old'} ${head.includes('X-Version: old') ? 'old' : 'new'}`)
    }
    expect(new Set(met)).toEqual(new Set(['new new', 'old old']))
  })

  test('a missing file is a 404 that the upstream does not hear of', async () => {
    await using rig = await FaultsRig.start([mixed({ asset: 'missing', match: { path: '/f' } })])
    const line = await rig.line()
    const other = get().replace('/f', '/g')
    for (let turn = 0; turn < 2; turn++) {
      line.ask(get())
      const { head, body } = await line.message()
      expect(head).toContain('HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Version: old\r\n')
      expect(body.toString()).toBe('Not Found\n')
    }
    expect(line.nothingArrives).toBe(true)
    await line.tells({ asks: other, answers: HIT })
  })
})

const isBad = (user: string): boolean => edgeOf(user, { edges: 4, salt: '' }) === 0

test('cdn_bad_edge: a key always meets the same edge, on every connection', async () => {
  // Whom it meets hangs on key and salt alone.
  const users = Array.from({ length: 12 }, (_, user) => `u${user}`)
  expect(users.filter(isBad).length).toBeGreaterThan(0)
  await using rig = await FaultsRig.start([{ type: 'cdn_bad_edge', key: 'header:X-User', mark: true }])
  for (let round = 0; round < 2; round++) {
    const line = await rig.line()
    for (const user of users) {
      const asks = get(`X-User: ${user}`)
      line.ask(asks)
      if (!isBad(user)) {
        await line.arrives(asks)
        await line.answer(message(OK, [], 'ok'))
      }
      const { head } = await line.message()
      expect(head.slice(9, 12)).toBe(isBad(user) ? '503' : '200')
      expect(head).toContain(`X-Served-By: edge-${edgeOf(user, { edges: 4, salt: '' })}\r\n`)
      expect(line.nothingArrives).toBe(true)
    }
  }
})
