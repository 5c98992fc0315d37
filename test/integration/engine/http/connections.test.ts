import { describe, expect, test } from 'vitest'
import { bodyFault, get, httpFault, HttpRig, ok, request, staysAt, undated } from '../../../support/http-rig.ts'
import { Upstream } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

const CONNECT = 'CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n'
const UPGRADE = get('/ws', 'Connection: Upgrade', 'Upgrade: websocket')
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const CONNECTED = 'HTTP/1.1 200 Connected\r\n\r\n'

describe.each([
  ['nobody', []],
  ['a fault that works on heads', [httpFault('http_latency', { latency: 0 })]],
  ['a fault on bodies', [bodyFault('blackhole')]],
] as const)('tunnels, with %s', (_who, faults) => {
  test.each([
    ['CONNECT', CONNECT, CONNECTED, 200],
    ['Upgrade', UPGRADE, SWITCHED, 101],
  ] as const)(
    '%s: bytes of both sides go through, early ones too, and so do both ends',
    async (_kind, asks, answers, status) => {
      await using rig = await HttpRig.start({ faults })
      const { client, server } = await rig.sends(`${asks}\x00early`, asks)
      server.write(`${answers}\x16hello`)
      await client.reads(`${answers}\x16hello`)
      await server.reads(`${asks}\x00early`)
      expect(rig.exchanges()).toMatchObject([{ status, origin: 'upstream', outcome: 'answered' }])
      expect(rig.exchanges()[0]?.bytes).toEqual({ request: asks.length, response: answers.length })
      client.write(get('/is-no-request'))
      await server.reads(`${asks}\x00early${get('/is-no-request')}`)
      server.end()
      expect(await client.ending()).toBe('FIN')
      client.write('more')
      await server.reads(`${asks}\x00early${get('/is-no-request')}more`)
      client.end()
      expect(await server.ending()).toBe('FIN')
      await rig.rig.allEnded()
      expect(rig.log).toHaveLength(1)
    },
  )

  test('where it is refused, what follows is a request', async () => {
    await using rig = await HttpRig.start({ faults })
    const { client, server } = await rig.sends(CONNECT + get('/next'), CONNECT)
    server.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    await server.reads(CONNECT + get('/next'))
    server.write('HTTP/1.1 204 No Content\r\n\r\n')
    await client.reads('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')
    expect(client.error).toBeUndefined()
  })
})

test('byte faults of the connection go on working in a tunnel', async () => {
  await using rig = await HttpRig.start({ faults: [httpFault('latency', { latency: 100 })] })
  const { client, server } = await rig.sends(UPGRADE)
  server.write(`${SWITCHED}frame`)
  await eventually('it has come', () => (rig.proxy.sessions()[0]?.held.downstream ?? 0) > 0)
  await staysAt(client, '')
  rig.advance(100)
  await client.reads(`${SWITCHED}frame`)
  server.write('frame')
  await eventually('it has come', () => rig.proxy.sessions()[0]?.held.downstream === 5)
  rig.advance(100)
  await client.reads(`${SWITCHED}frameframe`)
  expect(client.error).toBeUndefined()
})

describe('an upstream', () => {
  test.each([
    ['before its answer', '', '', 'GET / - upstream:closed'],
    ['within its head', 'HTTP/1.1 200 OK\r\nConte', '', 'GET / - upstream:closed'],
    ['within its body', ok('0123456789').slice(0, -3), ok('0123456789').slice(0, -3), 'GET / 200 upstream:cut'],
  ])('that closes %s', async (_when, sends, arrives, line) => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get())
    server.write(sends)
    server.end()
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe(arrives)
    await rig.logged(line)
    client.end()
    await rig.rig.allEnded()
  })

  test('that closes after its answer ends the connection, and further requests go nowhere', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get('/1') + get('/2'), get('/1'))
    server.write(ok('1', 'Connection: close'))
    server.end()
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe(ok('1', 'Connection: close'))
    client.end()
    await rig.rig.allEnded()
    await rig.logged('GET /1 200 upstream:answered')
    expect(server.text).toBe(get('/1'))
  })

  test.each(['end', 'reset'] as const)('whose response is delayed may leave meanwhile, by %s', async (how) => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_latency', { latency: 100 })] })
    const { client, server } = await rig.sends(get())
    server.write(ok('late'))
    await eventually('it has come', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) > 0)
    server[how]()
    await staysAt(client, '')
    expect([client.ended, client.closed]).toEqual([false, false])
    rig.advance(100)
    expect(await client.ending()).toBe(how === 'end' ? 'FIN' : 'ECONNRESET')
    await rig.logged('GET / 200 upstream:answered http_latency')
    client.end()
    await rig.rig.allEnded()
  })

  test('that resets its connection before its answer', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get())
    server.reset()
    expect(await client.ending()).toBe('ECONNRESET')
    await rig.logged('GET / - upstream:reset')
  })

  test('may answer early, while a big upload is under way', async () => {
    await using rig = await HttpRig.start()
    const head = 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n'
    const { client, server } = await rig.sends(head)
    client.write(Buffer.alloc(1_000_000, 97))
    server.write(ok('early'))
    await client.reads(ok('early'))
    expect(rig.log).toEqual([])
    client.write(Buffer.alloc(2_000_000, 97))
    client.write(get('/2'))
    await eventually(
      'the upload and the next request',
      () => server.received === head.length + 3_000_000 + get('/2').length,
    )
    server.write(ok('2'))
    await client.reads(ok('early') + ok('2'))
    expect(rig.log).toEqual(['POST /1 200 upstream:answered', 'GET /2 200 upstream:answered'])
  })

  test('that cannot be connected to is a 502 that says so', async () => {
    const gone = await Upstream.start()
    const { address } = gone
    await gone[Symbol.asyncDispose]()
    await using rig = await HttpRig.start({ upstream: address })
    const client = await rig.client()
    client.write(get())
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toContain('HTTP/1.1 502 Bad Gateway\r\n')
    expect(client.text).toContain('X-Foulweather-Origin: proxy\r\n')
    expect(client.text).toMatch(/\r\n\r\nfoulweather: the upstream cannot be reached: .*ECONNREFUSED/)
    await rig.logged('GET / 502 upstream:dial_failed')
    client.end()
    await rig.rig.allEnded()
  })

  test('that takes too long to connect to is a 504', async () => {
    await using rig = await HttpRig.start({
      faults: [httpFault('connect_delay', { delay: '1h' }, { direction: 'both' })],
    })
    const client = await rig.client()
    client.write(get())
    await eventually('it dials', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    rig.advance(5000)
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toContain('HTTP/1.1 504 Gateway Timeout\r\n')
    expect(client.text).toContain('no answer within 5000 ms')
    client.end()
    await rig.rig.allEnded()
  })
})

describe('a client', () => {
  test('that ends its side before the answer gets it', async () => {
    await using rig = await HttpRig.start()
    const { client, server } = await rig.sends(get())
    client.end()
    expect(await server.ending()).toBe('FIN')
    server.write(ok())
    server.end()
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toBe(ok())
    await rig.rig.allEnded()
    await rig.logged('GET / 200 upstream:answered')
  })

  test('that ends its side before an injected answer gets it, and the session ends', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(get())
    client.end()
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toContain('HTTP/1.1 503')
    await rig.rig.allEnded()
  })

  test.each([
    ['within a body that an injected answer drops', request('POST', '/', 'x'.repeat(100)).slice(0, -50)],
    ['within a head', 'GET / HTTP/1.1\r\nHo'],
    ['without a word', ''],
  ])('that leaves %s', async (_when, sends) => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
    const client = await rig.client()
    client.write(sends)
    client.end()
    expect(await client.ending()).toBe('FIN')
    await rig.rig.allEnded()
    expect(rig.rig.plane.snapshot().proxies[0]?.http?.inFlight ?? 0).toBe(0)
  })

  test('that resets its connection in the middle of an exchange', async () => {
    await using rig = await HttpRig.start()
    const { client } = await rig.sends(get())
    client.reset()
    await rig.rig.allEnded()
    await rig.logged('GET / - client:reset')
    expect(client.error).toBeUndefined()
  })
})

describe('faults on connections', () => {
  test('reject, hang, max_sessions and accept_delay keep clients out as with tcp', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('reject', {}, { direction: 'both' })] })
    const rejected = await rig.client().then(
      async (client) => await client.ending(),
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(rejected).toBe('ECONNRESET')
    await rig.proxy.faults(httpFault('hang', {}, { direction: 'both' }))
    const hanging = await rig.client()
    hanging.write(get('/hang'))
    await eventually('it waits', () => rig.proxy.sessions()[0]?.state === 'waiting')
    await staysAt(hanging, '')
    expect(rig.upstream.peers).toHaveLength(0)
    await rig.proxy.faults()
    const server = await rig.upstream.peer()
    await server.reads(get('/hang'))
    server.write(ok())
    await hanging.reads(ok())
    await rig.proxy.faults(httpFault('max_sessions', { max: 1, beyond: 'queue' }, { direction: 'both' }))
    const queued = await rig.client()
    queued.write(get('/queued'))
    await eventually('it waits', () => rig.proxy.sessions()[1]?.state === 'waiting')
    hanging.end()
    server.end()
    const next = await rig.upstream.peer(1)
    await next.reads(get('/queued'))
    await rig.proxy.faults(httpFault('accept_delay', { delay: 100 }, { direction: 'both' }))
    const late = await rig.client()
    late.write(get('/late'))
    await eventually('it waits', () => rig.proxy.sessions().at(-1)?.state === 'waiting')
    rig.advance(100)
    await (await rig.upstream.peer(2)).reads(get('/late'))
  })

  test('a client that has left before it is let in does not stay for ever', async () => {
    await using rig = await HttpRig.start({
      faults: [
        httpFault('accept_delay', { delay: 100 }, { direction: 'both' }),
        httpFault('http_stall', { phase: 'request' }),
      ],
    })
    const client = await rig.client()
    client.write(get())
    client.end()
    await eventually('it waits', () => rig.proxy.sessions()[0]?.bytes.upstream.received === get().length)
    await staysAt(client, '')
    rig.advance(100)
    await eventually('it is let in', () => rig.proxy.sessions()[0]?.state === 'open')
    rig.advance(61_000)
    await rig.rig.allEnded()
    expect(client.error).toBeUndefined()
  })

  test('bytes of the connection and of the exchange are delayed one after the other', async () => {
    await using rig = await HttpRig.start({
      faults: [httpFault('latency', { latency: 100 }), httpFault('http_latency', { latency: 50 })],
    })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await eventually('it has come', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) > 0)
    rig.advance(149)
    await staysAt(client, '')
    rig.advance(1)
    await client.reads(ok())
    await rig.logged('GET / 200 upstream:answered http_latency')
    expect(client.error).toBeUndefined()
  })

  test.each(['kill', 'stop', 'remove'] as const)('%s in every state of an exchange', async (how) => {
    const states = [
      [httpFault('http_stall', { phase: 'request' })],
      [httpFault('http_stall')],
      [httpFault('http_stall', { at: 'body' })],
      [httpFault('connect_delay', { delay: '4s' }, { direction: 'both' })],
      [bodyFault('bandwidth', { rate: 1 })],
    ]
    for (const faults of states) {
      await using rig = await HttpRig.start({ faults })
      const client = await rig.client()
      client.write(get())
      await eventually('it has begun', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
      if (faults[0]?.type !== 'connect_delay' && faults[0]?.params['phase'] !== 'request') {
        ;(await rig.upstream.peer()).write(ok('0123456789'))
        await eventually('the answer has come', () => (rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0) > 0)
      }
      if (how === 'kill') rig.rig.plane.kill(rig.proxy.sessions()[0]?.id ?? '')
      else if (how === 'stop') await rig.proxy.change({ enabled: false })
      else await rig.proxy.remove()
      await rig.rig.allEnded()
      await eventually('it is logged', () => rig.exchanges().length === 1)
      expect(rig.exchanges()[0]?.origin).toBe('proxy')
    }
  })
})

test('an answer of ours is dated', async () => {
  await using rig = await HttpRig.start({ faults: [httpFault('http_error', { status: 503 })] })
  const client = await rig.client()
  client.write(get())
  await eventually('an answer', () => client.text.endsWith('Unavailable\n'))
  expect(undated(client.text)).not.toBe(client.text)
})
