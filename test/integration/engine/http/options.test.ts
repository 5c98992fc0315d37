import { describe, expect, test } from 'vitest'
import { bodyFault, get, httpFault, HttpRig, ok } from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

describe('what a request is sent on with', () => {
  test('host: upstream, and another name; the client is what it is forwarded for', async () => {
    await using rig = await HttpRig.start({ http: { host: 'upstream', forwardedFor: true } })
    const client = await rig.client()
    client.write(get('/', 'X-Forwarded-For: 9.9.9.9'))
    const server = await rig.upstream.peer()
    await server.reads(
      [
        'GET / HTTP/1.1',
        `Host: ${rig.upstream.address}`,
        'X-Forwarded-For: 9.9.9.9, 127.0.0.1',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Host: example.test',
        '\r\n',
      ].join('\r\n'),
    )
    await rig.proxy.change({ http: { host: 'other.test' } })
    const next = await rig.client()
    next.write(get())
    await (await rig.upstream.peer(1)).reads('GET / HTTP/1.1\r\nHost: other.test\r\n\r\n')
    expect(client.error).toBeUndefined()
  })
})

describe('tell', () => {
  test('responses name the faults that have worked on them, on their bodies too', async () => {
    const faults = [
      httpFault('http_latency', { latency: 1, phase: 'request' }, { name: 'späte frage' }),
      bodyFault('latency', { latency: 0 }, { name: 'body' }),
      bodyFault('latency', { latency: 0 }, { name: 'up', direction: 'upstream' }),
    ]
    await using rig = await HttpRig.start({ http: { tell: true }, faults })
    const client = await rig.client()
    client.write(get())
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    rig.advance(1)
    const server = await rig.upstream.peer()
    await server.reads(get())
    server.write(ok('body'))
    const told = 'X-Foulweather: sp%C3%A4te%20frage, body\r\n'
    await client.reads(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n${told}\r\nbody`)
    await rig.logged('GET / 200 upstream:answered späte frage body')
    expect(client.error).toBeUndefined()
  })

  test('an answer that is injected does, too, and one that nobody has touched does not', async () => {
    const fault = httpFault('http_error', { status: 503 }, { match: { path: ['/fails'] } })
    await using rig = await HttpRig.start({ http: { tell: true }, faults: [fault] })
    const { client, server } = await rig.sends(get('/works'))
    server.write(ok())
    await client.reads(ok())
    client.write(get('/fails'))
    await eventually('it fails', () => client.text.endsWith('Unavailable\n'))
    expect(client.text).toContain('\r\nX-Foulweather: http_error\r\n')
  })
})

describe('header_faults', () => {
  const http = { headerFaults: true }

  test('a request asks for a delay, which the upstream does not hear of', async () => {
    await using rig = await HttpRig.start({ http })
    const client = await rig.client()
    client.write(get('/', 'x-foulweather-delay: 100ms'))
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    expect(rig.upstream.peers).toHaveLength(0)
    rig.advance(100)
    const server = await rig.upstream.peer()
    await server.reads(get())
    server.write(ok())
    await client.reads(ok())
    await rig.logged('GET / 200 upstream:answered x-foulweather-delay')
  })

  test('for an answer before and after the upstream', async () => {
    await using rig = await HttpRig.start({ http })
    const client = await rig.client()
    client.write(get('/1', 'x-foulweather-abort: 503'))
    await eventually('an answer', () => client.text.includes('503'))
    client.write(get('/2', 'x-foulweather-response-abort: 504'))
    const server = await rig.upstream.peer()
    await server.reads(get('/2'))
    server.write(ok())
    await eventually('another', () => client.text.includes('504'))
    await rig.logged(
      'GET /1 503 injected:answered x-foulweather-abort',
      'GET /2 504 injected:answered x-foulweather-response-abort',
    )
    expect(client.error).toBeUndefined()
  })

  test('for a reset', async () => {
    await using rig = await HttpRig.start({ http })
    const client = await rig.client()
    client.write(get('/', 'x-foulweather-reset: before'))
    expect(await client.ending()).toBe('ECONNRESET')
    await rig.logged('GET / - injected:x-foulweather-reset x-foulweather-reset')
  })

  test('what cannot be taken is a 400 that says why', async () => {
    await using rig = await HttpRig.start({ http })
    const client = await rig.client()
    client.write(get('/', 'x-foulweather-delay: soon'))
    expect(await client.ending()).toBe('FIN')
    expect(client.text).toContain('x-foulweather-delay: expected a duration')
    await rig.logged('GET / 400 proxy:bad_header_fault')
  })

  test('is off unless it is asked for', async () => {
    await using rig = await HttpRig.start()
    await rig.sends(get('/', 'x-foulweather-abort: 503'))
    expect(rig.upstream.peers).toHaveLength(1)
  })
})

test('a client that does not read costs bounded memory', async () => {
  const faults = [bodyFault('latency', { latency: 0 })]
  for (const options of [{}, { faults }]) {
    await using rig = await HttpRig.start({ ...options, sessionBudget: 1_000_000 })
    const { client, server } = await rig.sends(get())
    client.pause()
    server.write('HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n')
    for (let mib = 0; mib < 190; mib++) server.write(Buffer.alloc(1_048_576))
    let before = -1
    await eventually('nothing more is read', async () => {
      const received = rig.proxy.sessions()[0]?.bytes.downstream.received ?? 0
      const same = received === before && received > 0
      before = received
      await new Promise((resolve) => void setTimeout(resolve, 100))
      return same
    })
    expect(rig.proxy.sessions()[0]?.held.downstream).toBeLessThan(1_200_000)
    expect(before).toBeLessThan(30_000_000)
    client.reset()
    await rig.rig.allEnded()
  }
})

describe('maxHead', () => {
  test('a head that is longer than what else is kept goes on all the same', async () => {
    await using rig = await HttpRig.start({ http: { maxHead: 2 ** 20 } })
    const asked = get('/', `X-Long: ${'x'.repeat(300_000)}`)
    const { client, server } = await rig.sends(asked)
    const answer = ok('ok', `X-Long: ${'y'.repeat(300_000)}`)
    server.write(answer)
    await client.reads(answer)
    expect(client.error).toBeUndefined()
  })
})
