import { describe, expect, test } from 'vitest'
import type { FaultPlan } from '../../../../src/core/plan.ts'
import {
  bodyFault,
  chunked,
  get,
  httpFault,
  HttpRig,
  ok,
  request,
  staysAt,
  undated,
  updatedHttp,
} from '../../../support/http-rig.ts'
import { eventually } from '../../../support/wait.ts'

const BODY = '0123456789'
const FOR_EVER = '24h'

/** Of a body with or without chunks. */
function dataOf(body: string): string {
  const lines = body.split('\r\n')
  return lines.length === 1
    ? body
    : lines
        .filter((_, index) => index % 2 === 1)
        .slice(0, -2)
        .join('')
}

async function answered(rig: HttpRig, bytes: number): Promise<void> {
  await eventually('the answer has come', () => rig.proxy.sessions()[0]?.bytes.downstream.received === bytes)
}

/** What may go on by a change goes in a turn of its own: a timer's millisecond later with the manual clock. */
async function inForce(rig: HttpRig, ...faults: readonly FaultPlan[]): Promise<void> {
  await rig.proxy.faults(...faults)
  rig.advance(1)
}

describe('an exchange that waits', () => {
  test.each<[string, FaultPlan]>([
    ['http_latency', httpFault('http_latency', { phase: 'request', latency: FOR_EVER })],
    ['http_stall', httpFault('http_stall', { phase: 'request' })],
  ])('for %s, which is removed: the request goes on at once', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const client = await rig.client()
    client.write(request('POST', '/', BODY))
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    await inForce(rig)
    const server = await rig.upstream.peer()
    await server.reads(request('POST', '/', BODY))
    server.write(ok())
    await client.reads(ok())
    await rig.logged(`POST / 200 upstream:answered ${fault.name}`)
    expect(client.error).toBeUndefined()
  })

  test('counts an updated delay from when its head came', async () => {
    const fault = httpFault('http_latency', { latency: FOR_EVER })
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await answered(rig, ok().length)
    rig.advance(60)
    await rig.proxy.faults(updatedHttp(fault, { latency: 100 }))
    rig.advance(39)
    await staysAt(client, '')
    rig.advance(1)
    await client.reads(ok())
    await rig.proxy.faults()
    expect(rig.rig.plane.snapshot().proxies[0]?.faults['http_latency']).toMatchObject({ applied: 1 })
  })

  test('that has waited longer than an updated delay goes at once', async () => {
    const fault = httpFault('http_latency', { latency: FOR_EVER })
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await answered(rig, ok().length)
    rig.advance(200)
    await inForce(rig, updatedHttp(fault, { latency: 100 }))
    await client.reads(ok())
    expect(client.error).toBeUndefined()
  })

  test('is not touched by faults that are added, which count from the next exchange on', async () => {
    const fault = httpFault('http_stall')
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await answered(rig, ok().length)
    const added = httpFault('http_error', { status: 503 })
    await rig.proxy.faults(fault, added)
    await staysAt(client, '')
    await inForce(rig, added)
    await client.reads(ok())
    client.write(get())
    await eventually('the error', () => undated(client.text).includes('503'))
    await rig.logged('GET / 200 upstream:answered http_stall', 'GET / 503 injected:answered http_error')
    expect(client.error).toBeUndefined()
  })

  test('lets the next one of its connection go, too', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_stall', { phase: 'request' })] })
    const client = await rig.client()
    client.write(get('/1') + get('/2'))
    await eventually('it waits', () => rig.rig.plane.snapshot().proxies[0]?.http?.inFlight === 1)
    await inForce(rig)
    const server = await rig.upstream.peer()
    await server.reads(get('/1'))
    server.write(ok('1'))
    await server.reads(get('/1') + get('/2'))
    expect(client.error).toBeUndefined()
  })

  test('goes on when the window of its fault closes', async () => {
    await using rig = await HttpRig.start({ faults: [httpFault('http_stall', {}, { schedule: { for: 500 } })] })
    const { client, server } = await rig.sends(get())
    server.write(ok())
    await answered(rig, ok().length)
    rig.advance(499)
    await staysAt(client, '')
    rig.advance(1)
    await client.reads(ok())
    expect(client.error).toBeUndefined()
  })
})

describe.each([
  ['a length', ok(BODY)],
  ['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked([BODY], ['Sum: 1'])}`],
])('a body with %s that is held', (_framing, answers) => {
  const HEAD = answers.slice(0, answers.indexOf('\r\n\r\n') + 4)

  test.each<[string, FaultPlan]>([
    ['http_latency', httpFault('http_latency', { phase: 'body', latency: FOR_EVER })],
    ['http_stall', httpFault('http_stall', { at: 'body' })],
    ['http_bandwidth', httpFault('http_bandwidth', { rate: 0 })],
    ['latency', bodyFault('latency', { latency: FOR_EVER })],
    ['bandwidth', bodyFault('bandwidth', { rate: 0 })],
  ])('by %s goes on at once when that is removed, whole, once and in order', async (_name, fault) => {
    await using rig = await HttpRig.start({ faults: [fault] })
    const { client, server } = await rig.sends(get('/1') + get('/2'), get('/1'))
    server.write(answers)
    await answered(rig, answers.length)
    await staysAt(client, HEAD)
    await server.reads(get('/1'))
    await rig.proxy.faults()
    rig.advance(1)
    await client.reads(answers)
    await server.reads(get('/1') + get('/2'))
    server.write(ok('2'))
    await client.reads(answers + ok('2'))
    expect(rig.log[0]).toBe(`GET /1 200 upstream:answered ${fault.name}`)
  })

  test('counts an updated delay from when it came, also behind a delay of the connection', async () => {
    const fault = bodyFault('latency', { latency: FOR_EVER }, { name: 'body' })
    const around = httpFault('latency', { latency: 30 }, { name: 'around' })
    await using rig = await HttpRig.start({ faults: [fault, around] })
    const { client, server } = await rig.sends(get())
    server.write(answers)
    await answered(rig, answers.length)
    rig.advance(30)
    await client.reads(HEAD)
    rig.advance(20)
    await rig.proxy.faults(updatedHttp(fault, { latency: 100 }), around)
    rig.advance(79)
    await staysAt(client, HEAD)
    rig.advance(1)
    await client.reads(answers)
    await rig.logged('GET / 200 upstream:answered body')
    expect(client.error).toBeUndefined()
  })

  test('stays held when another fault is removed', async () => {
    const fault = bodyFault('latency', { latency: 100 })
    const other = bodyFault('slicer', { average_size: 3, size_variation: 0, delay: 10 })
    await using rig = await HttpRig.start({ faults: [fault, other] })
    const { client, server } = await rig.sends(get())
    server.write(answers)
    await answered(rig, answers.length)
    await rig.proxy.faults(fault)
    rig.advance(99)
    await staysAt(client, HEAD)
    rig.advance(1)
    await eventually('all of it', () => dataOf(client.text.slice(HEAD.length)) === BODY)
    await rig.logged('GET / 200 upstream:answered slicer latency')
    expect(client.error).toBeUndefined()
  })

  test('of which bytes are missing ends its session when the fault is removed', async () => {
    await using rig = await HttpRig.start({ faults: [bodyFault('limit_data', { bytes: 3, end: 'stall' })] })
    const { client, server } = await rig.sends(get())
    server.write(answers)
    await answered(rig, answers.length)
    await staysAt(client, client.text)
    await rig.proxy.faults()
    expect(await client.ending()).toBe('ECONNRESET')
    await rig.rig.allEnded()
    await rig.logged('GET / 200 injected:cut limit_data')
  })
})
