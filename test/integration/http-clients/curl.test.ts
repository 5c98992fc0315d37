import { describe, expect, it } from 'vitest'
import { HttpRig, outcomeOf } from '../../support/http-clients.ts'
import { contentOf, sha256, textOf } from '../../support/http-clients-origin.ts'
import type { Echo } from '../../support/http-clients-origin.ts'
import { curl, curled, curlProgram } from '../../support/http-clients-programs.ts'
import { eventually } from '../../support/wait.ts'

const LARGE = 3_000_000

describe.skipIf(curlProgram.missing)(`curl, no fault${curlProgram.note}`, () => {
  it.for([0, 1, 65_536, LARGE])('gets %i bytes with a length and in chunks', async (length) => {
    await using rig = await HttpRig.start()
    const [byLength, chunked] = [
      await curled([`${rig.proxy.url}/bytes/${length}`]),
      await curled(['--raw', '--include', `${rig.proxy.url}/chunked/${length}`]),
    ]
    expect(byLength.equals(contentOf(length))).toBe(true)
    // Chunk framing and trailers included, byte by byte as the origin sends them.
    const direct = await curled(['--raw', '--include', `${rig.origin.url}/chunked/${length}`])
    expect(undated(chunked)).toEqual(undated(direct))
  })

  it('sends a body only when 100 Continue has come from the origin', async () => {
    await using rig = await HttpRig.start()
    const body = contentOf(LARGE)
    const { stdout, stderr, code } = await curl(
      ['-v', '-H', 'Expect: 100-continue', '--expect100-timeout', '15', '--data-binary', '@-', `${rig.proxy.url}/echo`],
      { input: body },
    )
    expect(code).toBe(0)
    expect(stderr).toContain('< HTTP/1.1 100 Continue')
    expect(rig.origin.continued).toBe(1)
    expect(JSON.parse(stdout.toString()) as Echo).toMatchObject({ method: 'POST', length: LARGE, sha256: sha256(body) })
  })

  it('uploads in chunks', async () => {
    await using rig = await HttpRig.start()
    const body = contentOf(LARGE)
    const echo = JSON.parse((await curled(['-T', '-', `${rig.proxy.url}/echo`], { input: body })).toString()) as Echo
    expect(echo).toMatchObject({ method: 'PUT', length: LARGE, sha256: sha256(body) })
    expect(echo.headers['transfer-encoding']).toBe('chunked')
  })

  it('asks for heads, and goes on with the same connection', async () => {
    await using rig = await HttpRig.start()
    const urls = [`${rig.proxy.url}/bytes/5000`, `${rig.proxy.url}/chunked/5000`, `${rig.proxy.url}/bytes/10`]
    const text = (await curled(['--head', '-w', 'opened %{num_connects}\\n', ...urls])).toString()
    expect(text.match(/opened \d/g)).toEqual(['opened 1', 'opened 0', 'opened 0'])
    expect(text.match(/content-length: \d+/gi)).toEqual(['content-length: 5000', 'content-length: 10'])
    expect(rig.origin.connections).toBe(1)
  })

  it('gets ranges', async () => {
    await using rig = await HttpRig.start()
    const part = await curled(['-r', '1000-70999', '-w', '%{http_code}', `${rig.proxy.url}/bytes/${LARGE}`])
    expect(part.subarray(-3).toString()).toBe('206')
    expect(part.subarray(0, -3).equals(contentOf(LARGE).subarray(1000, 71_000))).toBe(true)
  })

  it('speaks HTTP/1.0, closed after each answer or kept', async () => {
    await using rig = await HttpRig.start()
    const url = `${rig.proxy.url}/bytes/70000`
    const report = ['-w', ' %{http_version} %{num_connects};']
    const closed = await curled(['--http1.0', ...report, '-o', '/dev/null', '-o', '/dev/null', url, url])
    expect(closed.toString()).toMatch(/1;.* 1;$/)
    const kept = await curled(['--http1.0', '-H', 'Connection: keep-alive', ...report, url, url, url])
    const whole = contentOf(70_000)
    const wanted = [1, 0, 0].flatMap((opened) => [whole, Buffer.from(` 1.1 ${opened};`)])
    expect(kept.equals(Buffer.concat(wanted))).toBe(true)
    expect(rig.origin.seen.map(({ httpVersion }) => httpVersion)).toEqual(['1.0', '1.0', '1.0', '1.0', '1.0'])
  })

  it('gets many URLs on one connection', async () => {
    await using rig = await HttpRig.start()
    const sizes = [0, 1, 2000, 65_537, 400_000]
    const urls = sizes.flatMap((size) => [`${rig.proxy.url}/bytes/${size}`, `${rig.proxy.url}/chunked/${size}`])
    const got = await curled(urls)
    expect(got.equals(Buffer.concat(sizes.flatMap((size) => [contentOf(size), contentOf(size)])))).toBe(true)
    expect(rig.origin.connections).toBe(1)
    const exchanges = await rig.proxy.exchanges(urls.length)
    expect(exchanges.map(({ exchange }) => exchange)).toEqual(urls.map((_, index) => index + 1))
    expect(new Set(exchanges.map(({ session }) => session)).size).toBe(1)
  })

  it('unpacks a compressed answer', async () => {
    await using rig = await HttpRig.start()
    const text = await curled(['--compressed', '-w', '%{size_download}', `${rig.proxy.url}/gzip/100000`])
    expect(text.toString().slice(0, 100_000)).toBe(textOf(100_000))
    // Fewer bytes than characters have come: it was compressed on the way.
    expect(Number(text.toString().slice(100_000))).toBeLessThan(70_000)
  })

  it('is shown early hints and the answer behind them', async () => {
    await using rig = await HttpRig.start()
    const text = (await curled(['--include', `${rig.proxy.url}/early`])).toString()
    expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 103', 'HTTP/1.1 200'])
    expect(text).toMatch(/early\n$/)
  })
})

describe.skipIf(curlProgram.missing)(`curl, with faults${curlProgram.note}`, () => {
  it('is answered an error that the origin never hears of, and the next time by the origin', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({
      type: 'http_error',
      name: 'down',
      status: 503,
      body: 'no\n',
      retry_after: '30s',
      count: { first: 1 },
    })
    const url = `${rig.proxy.url}/bytes/10`
    const text = await curled(['--include', '-w', 'opened %{num_connects}', url, url])
    expect(text.toString()).toMatch(
      /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*retry-after: 30\r\n[^]*\r\n\r\nno\nopened 1HTTP\/1\.1 200 OK/i,
    )
    expect(text.includes(Buffer.concat([contentOf(10), Buffer.from('opened 0')]))).toBe(true)
    expect(rig.origin.seen).toHaveLength(1)
    const about = { method: 'GET', path: '/bytes/10', outcome: 'answered' }
    expect((await rig.proxy.exchanges(2)).map(outcomeOf)).toEqual([
      { ...about, status: 503, upstream_status: null, origin: 'injected', faults: ['down'] },
      { ...about, status: 200, upstream_status: 200, origin: 'upstream', faults: [] },
    ])
  })

  it('is answered an error after the origin has done its work', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_error', name: 'lost', status: 500, forward: 'before_answer' })
    const { stdout } = await curl(['-w', ' %{http_code}', '-d', 'pay', `${rig.proxy.url}/echo`])
    expect(stdout.toString()).toBe('Internal Server Error\n 500')
    expect(rig.origin.count('/echo')).toBe(1)
    const [exchange] = await rig.proxy.exchanges(1)
    expect(exchange).toMatchObject({ status: 500, upstream_status: 200, origin: 'injected', faults: ['lost'] })
  })

  it.for(['never', 'before_answer'])('is refused in the place of 100 Continue (forward: %s)', async (forward) => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_error', name: 'full', status: 413, forward })
    const { stdout, stderr } = await curl(
      ['-v', '-H', 'Expect: 100-continue', '--data-binary', '@-', '-w', '%{http_code}', `${rig.proxy.url}/echo`],
      { input: contentOf(LARGE) },
    )
    expect(stdout.toString()).toContain('413')
    expect(stderr).not.toContain('< HTTP/1.1 200')
    expect(rig.origin.continued).toBe(forward === 'never' ? 0 : 1)
  })

  it.for([
    { at: 'before_forward', how: 'reset', code: 56, reached: 0 },
    { at: 'before_forward', how: 'close', code: 52, reached: 0 },
    { at: 'after_upstream_answer', how: 'reset', code: 56, reached: 1 },
    { at: 'after_upstream_answer', how: 'close', code: 52, reached: 1 },
  ])('ends with $code for $how at $at', async ({ at, how, code, reached }) => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_reset', name: 'gone', at, how })
    const ran = await curl([`${rig.proxy.url}/bytes/1000`])
    expect({ code: ran.code, got: ran.stdout.length }).toEqual({ code, got: 0 })
    expect(rig.origin.seen).toHaveLength(reached)
    const [exchange] = await rig.proxy.exchanges(1)
    expect(exchange).toMatchObject({ status: null, origin: 'injected', outcome: 'gone', faults: ['gone'] })
  })

  it('reports a download that was cut short, and has exactly what came before', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_truncate', name: 'cut', at: 70_001 })
    for (const kind of ['bytes', 'chunked']) {
      const { code, stdout } = await curl([`${rig.proxy.url}/${kind}/${LARGE}`])
      expect(code).toBe(18)
      // Of a chunked body what frames the chunks may count too.
      const most = contentOf(LARGE).subarray(0, 70_001)
      expect(stdout.equals(most.subarray(0, kind === 'bytes' ? 70_001 : stdout.length))).toBe(true)
      expect(stdout.length).toBeGreaterThan(60_000)
    }
    for (const exchange of await rig.proxy.exchanges(2)) {
      expect(exchange).toMatchObject({ status: 200, origin: 'injected', outcome: 'cut', faults: ['cut'] })
    }
  })

  it('goes on with a download that was cut, where it was', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_truncate', name: 'cut', at: '50%', count: { first: 1 } })
    const first = await curl([`${rig.proxy.url}/bytes/${LARGE}`])
    expect({ code: first.code, got: first.stdout.length }).toEqual({ code: 18, got: LARGE / 2 })
    const rest = await curled(['-r', `${LARGE / 2}-${LARGE - 1}`, `${rig.proxy.url}/bytes/${LARGE}`])
    expect(Buffer.concat([first.stdout, rest]).equals(contentOf(LARGE))).toBe(true)
  })

  it('waits for what hangs, a head or a body, and gets it all when the fault goes', async () => {
    await using rig = await HttpRig.start()
    const faults = [
      { type: 'http_stall', at: 'head' },
      { type: 'http_stall', at: 'head', phase: 'request' },
      { type: 'http_stall', at: 'body', after: 100_000 },
      { type: 'http_bandwidth', rate: 0 },
    ]
    // Within less than the 15 s after which a body that is not read is looked at all the same.
    const patience = ['--max-time', '10']
    for (const fault of faults) {
      await rig.proxy.add({ ...fault, name: 'hang' })
      const running = curled([...patience, `${rig.proxy.url}/bytes/${LARGE}`])
      const [got] = await Promise.all([running, removedOnceApplied(rig, 'hang')])
      expect(got.equals(contentOf(LARGE))).toBe(true)
    }
    await rig.proxy.add({ type: 'http_stall', name: 'hang', at: 'body', direction: 'upstream', after: 100_000 })
    const sending = curled([...patience, '-T', '-', `${rig.proxy.url}/echo`], { input: contentOf(LARGE) })
    const [echo] = await Promise.all([sending, removedOnceApplied(rig, 'hang')])
    expect(JSON.parse(echo.toString())).toMatchObject({ length: LARGE, sha256: sha256(contentOf(LARGE)) })
  })

  it('gives up when nothing comes, and does not leave the proxy in a state', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'http_stall', name: 'hang' })
    const { code, stdout } = await curl(['--max-time', '0.5', `${rig.proxy.url}/bytes/10`])
    expect({ code, got: stdout.length }).toEqual({ code: 28, got: 0 })
    expect(rig.origin.seen).toHaveLength(1)
    await rig.proxy.remove('hang')
    // It cannot be told from a client that has ended its side and still reads; so it is answered.
    expect(outcomeOf((await rig.proxy.exchanges(1))[0]!)).toEqual({
      method: 'GET',
      path: '/bytes/10',
      status: 200,
      upstream_status: 200,
      origin: 'upstream',
      outcome: 'answered',
      faults: ['hang'],
    })
    expect((await curled([`${rig.proxy.url}/bytes/10`])).equals(contentOf(10))).toBe(true)
  })

  it('gets the same bytes through everything that only takes time', async () => {
    await using rig = await HttpRig.start()
    const faults = [
      { type: 'http_latency', name: 'late', latency: 20, jitter: 10 },
      { type: 'http_latency', name: 'asked-late', phase: 'request', latency: 20 },
      { type: 'http_latency', name: 'thick', phase: 'body', direction: 'both', latency: 10, jitter: 10 },
      { type: 'http_bandwidth', name: 'thin', direction: 'both', rate: '20MB/s' },
      { type: 'slicer', name: 'pieces', direction: 'both', average_size: 700, size_variation: 300 },
      { type: 'latency', name: 'far', direction: 'both', latency: 5, jitter: 5, part: 'body' },
      { type: 'slicer', name: 'slices', direction: 'both', average_size: 3000, part: 'body' },
    ]
    for (const fault of faults) await rig.proxy.add(fault)
    const body = contentOf(LARGE)
    for (const kind of ['bytes', 'chunked']) {
      const got = await curled([`${rig.proxy.url}/${kind}/${LARGE}`])
      expect(got.equals(body)).toBe(true)
    }
    const sent = await curled(['-T', '-', `${rig.proxy.url}/echo`], { input: body })
    expect(JSON.parse(sent.toString())).toMatchObject({ length: LARGE, sha256: sha256(body) })
    for (const { name } of faults) expect((await rig.proxy.counts(name)).applied).toBeGreaterThan(0)
    expect((await rig.proxy.exchanges(3)).map(({ origin, outcome }) => `${origin} ${outcome}`)).toEqual([
      'upstream answered',
      'upstream answered',
      'upstream answered',
    ])
  })

  it('gets a body of the same length with other bytes in it', async () => {
    await using rig = await HttpRig.start()
    await rig.proxy.add({ type: 'corrupt', name: 'flips', part: 'body', spacing: '1KiB', match: { path: '/bytes/*' } })
    const [bad, good] = [
      await curled([`${rig.proxy.url}/bytes/50000`]),
      await curled([`${rig.proxy.url}/chunked/50000`]),
    ]
    expect(bad).toHaveLength(50_000)
    expect(bad.equals(contentOf(50_000))).toBe(false)
    expect(good.equals(contentOf(50_000))).toBe(true)
  })

  it('is told which faults have worked on the answer, and which work on its body', async () => {
    await using rig = await HttpRig.start({ tell: true })
    await rig.proxy.add({ type: 'http_latency', name: 'late', latency: 1 })
    await rig.proxy.add({ type: 'http_error', name: 'not me', status: 503, match: { path: '/other' } })
    await rig.proxy.add({ type: 'http_bandwidth', name: 'thin', rate: '20MB/s' })
    await rig.proxy.add({ type: 'slicer', name: 'slices', average_size: 3000, part: 'body' })
    const head = (await curled(['-D', '-', '-o', '/dev/null', `${rig.proxy.url}/bytes/70000`])).toString()
    expect(head.match(/^x-foulweather: .*$/gim)).toEqual(['X-Foulweather: late, thin, slices'])
  })

  it('asks for faults by its own headers', async () => {
    await using rig = await HttpRig.start({ header_faults: true })
    const url = `${rig.proxy.url}/echo`
    const teapot = await curled(['-H', 'X-Foulweather-Abort: 418', '-w', '%{http_code}', url])
    expect(teapot.toString()).toMatch(/418$/)
    const delayed = JSON.parse((await curled(['-H', 'X-Foulweather-Delay: 20ms', url])).toString()) as Echo
    expect(Object.keys(delayed.headers).filter((name) => name.startsWith('x-foulweather'))).toEqual([])
    expect((await curl(['-H', 'X-Foulweather-Reset: after', url])).code).toBe(56)
    const bad = await curled(['-H', 'X-Foulweather-Abort: soon', '-w', '%{http_code}', url])
    expect(bad.toString()).toMatch(/x-foulweather-abort: expected .*"soon"[^]*400$/)
    expect(rig.origin.seen).toHaveLength(2)
    expect((await rig.proxy.exchanges(4)).map(({ origin, status }) => `${origin} ${status}`)).toEqual([
      'injected 418',
      'upstream 200',
      'injected null',
      'proxy 400',
    ])
  })

  it('is told by the proxy when there is no origin', async () => {
    await using rig = await HttpRig.start()
    await rig.origin[Symbol.asyncDispose]().catch(() => {})
    const { stdout, code } = await curl(['-w', ' %{http_code}', `${rig.proxy.url}/bytes/10`])
    expect(code).toBe(0)
    expect(stdout.toString()).toMatch(/the upstream cannot be reached[^]* 502$/)
    const [exchange] = await rig.proxy.exchanges(1)
    expect(exchange).toMatchObject({ status: 502, upstream_status: null })
  })
})

async function removedOnceApplied({ proxy }: HttpRig, fault: string): Promise<void> {
  await eventually(`${fault} works`, async () => (await proxy.counts(fault)).applied > 0)
  await proxy.remove(fault)
}

/** Without the one field that may differ between two answers. */
function undated(answer: Buffer): string {
  return answer.toString('latin1').replace(/^date: .*\r\n/im, '')
}
