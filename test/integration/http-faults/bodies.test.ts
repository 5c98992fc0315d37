import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bytesOf, FaultsRig, inChunks, message, OK, type FaultInput, type Message } from './rig.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const JSON_TYPE = 'Content-Type: application/json'
const PLAIN = '{"a":1.0,"b":{"c":12345678901234567890,"d":"é"}}'
const PATCHED = '{"a":1.0,"b":{"c":12345678901234567890},"e":[1]}'
const PATCH = { b: { d: null }, e: [1] }

const body = (more: object): FaultInput => ({ type: 'http_body', ...more })
const utf8 = (text: string): Buffer => Buffer.from(text)

const CODINGS = [
  ['gzip', gzipSync, gunzipSync],
  ['x-gzip', gzipSync, gunzipSync],
  ['br', brotliCompressSync, brotliDecompressSync],
  ['deflate', deflateSync, inflateSync],
  ['deflate', deflateRawSync, inflateRawSync],
  ['zstd', zstdCompressSync, zstdDecompressSync],
] as const

/** Ways to frame the same body. */
const FRAMINGS = [
  ['length', (first: string, fields: readonly string[], bytes: Buffer) => message(first, fields, bytes)],
  [
    'chunks',
    (first: string, fields: readonly string[], bytes: Buffer) =>
      inChunks(first, fields, [bytes.subarray(0, 3), bytes.subarray(3)]),
  ],
] as const

/** Without the chunked framing, with a length instead, which comes last then. */
const asIs = (text: string): Buffer => utf8(text)

describe.each(FRAMINGS)('a body with a framing by %s', (_framing, framed) => {
  const ways = [
    ['merge_patch', { merge_patch: PATCH }, PATCHED],
    [
      'regex',
      { regex: { pattern: '"([ab])"', replace: '"$1$1"' } },
      PLAIN.replace('"a"', '"aa"').replace('"b"', '"bb"'),
    ],
    ['replace', { replace: 'É' }, 'É'],
    ['replace_base64', { replace_base64: 'AP8=' }, Buffer.from([0, 255])],
    ['replace by nothing', { replace: '' }, ''],
  ] as const

  test.each(ways)('%s of a response', async (_way, how, after) => {
    await using rig = await FaultsRig.start([body(how)])
    const line = await rig.line()
    const changed = typeof after === 'string' ? asIs(after) : after
    await line.tellsTwice({
      asks: GET,
      answers: framed(OK, [JSON_TYPE], utf8(PLAIN)),
      gets: message(OK, [JSON_TYPE], changed),
    })
    expect(await rig.records('http_body')).toEqual(['body', 'body'])
  })

  test.each(ways)('%s of a request', async (_way, how, after) => {
    await using rig = await FaultsRig.start([body({ ...how, phase: 'request' })])
    const line = await rig.line()
    const changed = typeof after === 'string' ? asIs(after) : after
    const post = 'POST /x HTTP/1.1'
    const told = {
      asks: framed(post, ['Host: a', JSON_TYPE], utf8(PLAIN)),
      arrives: message(post, ['Host: a', JSON_TYPE], changed),
      answers: message(OK, [], 'done'),
    }
    await line.tellsTwice(told)
    await line.tells({ asks: GET, answers: message(OK, [], 'done') })
    expect(rig.broken).toEqual([])
  })

  test.each(CODINGS)('%s is unpacked, and packed again', async (coding, pack, unpack) => {
    await using rig = await FaultsRig.start([body({ merge_patch: PATCH })])
    const line = await rig.line()
    for (let turn = 0; turn < 2; turn++) {
      line.ask(GET)
      await line.arrives(GET)
      await line.answer(framed(OK, [`Content-Encoding: ${coding}`], pack(utf8(PLAIN))))
      const { head, body: got } = await line.message()
      expect(head).toBe(`${OK}\r\nContent-Encoding: ${coding}\r\nContent-Length: ${got.length}\r\n\r\n`)
      expect(unpack(got).toString()).toBe(PATCHED)
    }
    await line.tells({ asks: GET, answers: message(OK, [], '[]'), gets: message(OK, [], '{"b":{},"e":[1]}') })
  })

  test.each(CODINGS)('a request in %s is, too', async (coding, pack, unpack) => {
    await using rig = await FaultsRig.start([body({ phase: 'request', replace: 'other' })])
    const line = await rig.line()
    for (let turn = 0; turn < 2; turn++) {
      line.ask(framed('PUT / HTTP/1.1', ['Host: a', `Content-Encoding: ${coding}`], pack(utf8(PLAIN))))
      const { head, body: got } = await line.request()
      expect(head).toBe(
        `PUT / HTTP/1.1\r\nHost: a\r\nContent-Encoding: ${coding}\r\nContent-Length: ${got.length}\r\n\r\n`,
      )
      expect((coding === 'deflate' ? inflateSync : unpack)(got).toString()).toBe('other')
      await line.answer(message(OK, [], 'done'))
      await line.gets(message(OK, [], 'done'))
    }
  })

  test('of an unknown encoding is replaced by a plain one, and else left alone', async () => {
    const came = framed(OK, ['Content-Encoding: foo', 'A: b'], utf8(PLAIN))
    await using replacing = await FaultsRig.start([body({ replace: 'r' })])
    const one = await replacing.line()
    await one.tellsTwice({ asks: GET, answers: came, gets: message(OK, ['A: b'], 'r') })
    await using patching = await FaultsRig.start([body({ merge_patch: PATCH })])
    const other = await patching.line()
    await other.tellsTwice({ asks: GET, answers: came })
    expect(await patching.records('http_body')).toEqual([
      'body',
      'left_alone unknown_encoding',
      'body',
      'left_alone unknown_encoding',
    ])
  })

  test.each([
    ['no_json', { merge_patch: PATCH }, 'Hello', []],
    ['no_json', { merge_patch: PATCH }, '['.repeat(100_000), []],
    ['no_match', { regex: { pattern: 'x', replace: 'y' } }, 'abc', []],
    ['no_utf8', { regex: { pattern: 'a', replace: 'y' } }, '\xffabc', []],
    ['broken_encoding', { regex: { pattern: 'a', replace: 'y' } }, 'abc', ['Content-Encoding: gzip']],
    ['empty', { regex: { pattern: '^', replace: 'y' } }, '', []],
    [
      'too_long',
      { regex: { pattern: 'a', replace: 'y' }, limit: 1000 },
      gzipSync('a'.repeat(1001)),
      ['Content-Encoding: gzip'],
    ],
  ] as const)('stays as it came, byte by byte: %s', async (reason, how, came, fields) => {
    await using rig = await FaultsRig.start([body(how)])
    const line = await rig.line()
    await line.tellsTwice({ asks: GET, answers: framed(OK, fields, bytesOf(came)) })
    // One that is known to have no bytes is not even looked at.
    const each = (await rig.records('http_body')).length === 0 ? [] : ['body', `left_alone ${reason}`]
    expect(each.length > 0 || came === '').toBe(true)
    expect(await rig.records('http_body')).toEqual([...each, ...each])
    expect(rig.broken).toEqual([])
  })

  test('that is too long goes through, in the framing that it has', async () => {
    await using rig = await FaultsRig.start([body({ replace: 'r', limit: 10 })])
    const line = await rig.line()
    await line.tellsTwice({ asks: GET, answers: framed(OK, [], utf8('12345678901')) })
    await line.tells({ asks: GET, answers: framed(OK, [], utf8('1234567890')), gets: message(OK, [], 'r') })
    expect(rig.broken).toEqual([])
  })

  test('corrupt turns a bit each of so many bytes', async () => {
    await using rig = await FaultsRig.start([body({ corrupt: { bytes: 5 } })])
    const line = await rig.line()
    const came = Buffer.alloc(1000, 7)
    for (let turn = 0; turn < 2; turn++) {
      line.ask(GET)
      await line.arrives(GET)
      await line.answer(framed(OK, [], came))
      const { head, body: got } = await line.message()
      expect(head).toBe(`${OK}\r\nContent-Length: 1000\r\n\r\n`)
      const turned = [...got].map((byte) => byte ^ 7).filter((bits) => bits !== 0)
      expect(turned.map((bits) => Number.isInteger(Math.log2(bits)))).toEqual([true, true, true, true, true])
    }
  })
})

describe('wrong_encoding', () => {
  const cases = [
    ['announced', 'plain', 'gzip', (got: Buffer) => got],
    ['announced', 'br', 'gzip', (got: Buffer) => got],
    ['hidden', 'plain', undefined, gunzipSync],
    ['hidden', 'br', undefined, brotliDecompressSync],
    ['mislabelled', 'plain', 'br', gunzipSync],
    ['mislabelled', 'br', 'gzip', brotliDecompressSync],
  ] as const
  test.each(cases)('%s of a %s body', async (how, coding, says, unpack) => {
    await using rig = await FaultsRig.start([body({ wrong_encoding: how })])
    const line = await rig.line()
    for (let turn = 0; turn < 2; turn++) {
      line.ask(GET)
      await line.arrives(GET)
      const [fields, bytes] =
        coding === 'br' ? [['Content-Encoding: br'], brotliCompressSync(PLAIN)] : [[], utf8(PLAIN)]
      await line.answer(message(OK, fields, bytes))
      const { head, body: got } = await line.message()
      expect(/^content-encoding: (.*)\r$/im.exec(head)?.[1]).toBe(says)
      expect(unpack(got).toString()).toBe(PLAIN)
    }
  })
})

describe('messages without a body', () => {
  test.each([
    ['HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', `${OK}\r\nContent-Length: 10\r\n\r\n`],
    ['204', GET, 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304', GET, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: "a"\r\n\r\n'],
  ])('are left alone: %s', async (_title, asks, answers) => {
    await using rig = await FaultsRig.start([
      body({ replace: 'r' }),
      body({ name: 'up', phase: 'request', replace: 'r' }),
    ])
    const line = await rig.line()
    await line.tellsTwice({ asks, answers })
    expect(await rig.records('http_body')).toEqual([])
    await line.tells({ asks: GET, answers: message(OK, [], 'x'), gets: message(OK, [], 'r') })
  })

  test('and so is a switch of protocols', async () => {
    await using rig = await FaultsRig.start([body({ replace: 'r' })])
    const line = await rig.line()
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
    await line.tells({
      asks: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      answers: `${head}hello`,
    })
    expect(rig.broken).toEqual([])
  })

  test('and a tunnel', async () => {
    await using rig = await FaultsRig.start([body({ replace: 'r' })])
    const line = await rig.line()
    await line.tells({ asks: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', answers: `${OK}\r\n\r\nhello` })
    expect(rig.broken).toEqual([])
  })
})

test('trailers go with the chunks, and nobody is told of them', async () => {
  await using rig = await FaultsRig.start([body({ replace: 'r' })])
  const line = await rig.line()
  const answers = `${OK}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nSum: 1\r\n\r\n`
  await line.tellsTwice({ asks: GET, answers, gets: message(OK, [], 'r') })
  expect(rig.broken).toEqual([])
})

test('of one status alone, which is known when the request has gone on', async () => {
  await using rig = await FaultsRig.start([body({ replace: 'r', match: { status: '5xx' } })])
  const line = await rig.line()
  const bad = 'HTTP/1.1 500 Broken'
  await line.tells({ asks: GET, answers: message(OK, [], 'fine') })
  await line.tellsTwice({ asks: GET, answers: inChunks(bad, ['A: 1'], ['trace']), gets: message(bad, ['A: 1'], 'r') })
  await line.tells({ asks: GET, answers: inChunks(OK, [], ['fine']) })
  expect(await rig.records('http_body')).toEqual(['body', 'body'])
  expect(rig.broken).toEqual([])
})

test('a body up to the end of the connection gets a length', async () => {
  await using rig = await FaultsRig.start([body({ regex: { pattern: 'a', replace: 'bb' } })])
  const line = await rig.line()
  line.ask(GET)
  await line.arrives(GET)
  await line.answer(`${OK}\r\nConnection: close\r\n\r\nabc`)
  const server = await line.server()
  server.end()
  await line.gets(`${OK}\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbbbc`)
  expect(await line.client.ending()).toBe('FIN')
})

test('interim responses go through at once, while the body is waited for', async () => {
  await using rig = await FaultsRig.start([body({ replace: 'r' })])
  const line = await rig.line()
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
  for (let turn = 0; turn < 2; turn++) {
    line.ask(GET)
    await line.arrives(GET)
    await line.answer(`${early}${OK}\r\nContent-Length: 4\r\n\r\nab`)
    await line.gets(early)
    await line.answer('cd')
    await line.gets(message(OK, [], 'r'))
  }
  expect(rig.broken).toEqual([])
})

test('a client that waits for 100 (Continue) is told to go on', async () => {
  await using rig = await FaultsRig.start([body({ phase: 'request', regex: { pattern: 'a', replace: 'bb' } })])
  const line = await rig.line()
  for (let turn = 0; turn < 2; turn++) {
    line.ask('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
    await line.gets('HTTP/1.1 100 Continue\r\n\r\n')
    await line.tells({
      asks: 'abc',
      arrives: message('POST / HTTP/1.1', ['Host: a'], 'bbbc'),
      answers: message(OK, [], 'x'),
    })
  }
  expect(rig.broken).toEqual([])
})

test('requests that are sent ahead, with bodies, are each changed by themselves', async () => {
  const regex = { pattern: '[0-9]', replace: '<$&>' }
  await using rig = await FaultsRig.start([body({ phase: 'request', regex }), body({ name: 'down', regex })])
  const line = await rig.line()
  const post = 'POST / HTTP/1.1'
  const bodies = ['1', 'none', '', '22', '3'.repeat(100)]
  line.ask(
    Buffer.concat(
      bodies.map((each, index) =>
        (index % 2 === 0
          ? message
          : (first: string, more: readonly string[], text: string) => inChunks(first, more, [text]))(
          post,
          ['Host: a'],
          each,
        ),
      ),
    ),
  )
  for (const [index, each] of bodies.entries()) {
    const changed = each.replaceAll(/[0-9]/g, '<$&>')
    await line.arrives(each === 'none' ? inChunks(post, ['Host: a'], [each]) : message(post, ['Host: a'], changed))
    await line.answer(message(OK, [], `answer ${index}`))
    await line.gets(message(OK, [], `answer <${index}>`))
  }
  expect(rig.broken).toEqual([])
})

describe('mangle', () => {
  test.each([
    ['more', 10, 'changed'],
    ['less', 3, 'changed'],
  ])('announces %s than comes, and the connection ends behind it', async (_title, announce, replace) => {
    await using rig = await FaultsRig.start([body({ replace, mangle: { announce } })])
    const line = await rig.line()
    await line.tells({
      asks: GET,
      answers: message(OK, [], 'body'),
      gets: `${OK}\r\nContent-Length: ${announce}\r\n\r\nchanged`,
    })
    expect(await line.client.ending()).toBe('FIN')
    await line.gets('')
  })

  test('of a request, and the upstream sees where it ends', async () => {
    await using rig = await FaultsRig.start([body({ phase: 'request', replace: 'new', mangle: { announce: 10 } })])
    const line = await rig.line()
    line.ask(message('POST / HTTP/1.1', ['Host: a'], 'old'))
    await line.arrives('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nnew')
    const server = await line.server()
    expect(await server.ending()).toBe('FIN')
    expect(await line.client.ending()).toBe('FIN')
    await line.gets('')
  })

  test('what is true after all leaves the connection as it is', async () => {
    await using rig = await FaultsRig.start([body({ replace: 'changed', mangle: { announce: 7 } })])
    const line = await rig.line()
    await line.tellsTwice({ asks: GET, answers: message(OK, [], 'body'), gets: message(OK, [], 'changed') })
    expect(rig.broken).toEqual([])
  })
})

test('an expression that would explode is given up, and the body goes on as it is', async () => {
  const regex = { pattern: '(?:a?){300}b|(a+)+$', replace: 'x' }
  await using rig = await FaultsRig.start([body({ regex })])
  const line = await rig.line()
  await line.tells({ asks: GET, answers: message(OK, [], `${'a'.repeat(500_000)}!`) })
  expect(await rig.records('http_body')).toEqual(['body', 'left_alone too_much_work'])
})

describe('several', () => {
  const ONE = body({ name: 'one', regex: { pattern: 'a', replace: 'bb' } })
  const TWO = body({ name: 'two', regex: { pattern: 'b', replace: 'a' } })

  test.each([
    ['one, two', [ONE, TWO], 'aac'],
    ['two, one', [TWO, ONE], 'bbc'],
  ])('%s: each changes what the one before has made', async (_title, faults, after) => {
    await using rig = await FaultsRig.start(faults)
    const line = await rig.line()
    await line.tellsTwice({ asks: GET, answers: message(OK, [], 'ac'), gets: message(OK, [], after) })
    expect(rig.broken).toEqual([])
  })

  test('a replacement is what the head says, whatever has become of that before', async () => {
    const replace = body({ name: 'replace', replace: 'new' })
    for (const [how, fields] of [
      ['mislabelled', []],
      ['announced', []],
      ['hidden', ['Content-Encoding: br']],
    ] as const) {
      await using rig = await FaultsRig.start([body({ name: 'wrong', wrong_encoding: how }), replace])
      const line = await rig.line()
      for (let turn = 0; turn < 2; turn++) {
        line.ask(GET)
        await line.arrives(GET)
        await line.answer(message(OK, fields, fields.length === 0 ? PLAIN : brotliCompressSync(PLAIN)))
        expect(textOf(await line.message())).toBe('new')
      }
    }
  })

  test('with http_headers, the lengths are right in both orders', async () => {
    const set: FaultInput = { type: 'http_headers', response: { set: { A: '1' } } }
    for (const faults of [
      [set, ONE],
      [ONE, set],
    ]) {
      await using rig = await FaultsRig.start(faults)
      const line = await rig.line()
      await line.tellsTwice({
        asks: GET,
        answers: message(OK, [], 'a'),
        gets: `${OK}\r\nContent-Length: 2\r\nA: 1\r\n\r\nbb`,
      })
      expect(rig.broken).toEqual([])
    }
  })

  test('with one on the bytes of bodies, which sees what goes on', async () => {
    for (const faults of [
      [ONE, { type: 'slicer', part: 'body', average_size: 1 }],
      [{ type: 'slicer', part: 'body', average_size: 1 }, ONE],
    ]) {
      await using rig = await FaultsRig.start(faults)
      const line = await rig.line()
      await line.tellsTwice({ asks: GET, answers: message(OK, [], 'aaa'), gets: message(OK, [], 'bbbbbb') })
      expect(rig.broken).toEqual([])
    }
  })
})

/** As a client that goes by the head reads it. */
function textOf({ head, body: bytes }: Message): string {
  const coding = /^content-encoding: (.*)\r$/im.exec(head)?.[1]
  if (coding === undefined) return bytes.toString()
  return (coding === 'br' ? brotliDecompressSync(bytes) : gunzipSync(bytes)).toString()
}
