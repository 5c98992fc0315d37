import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FaultPlan } from '../../../../src/core/plan.ts'
import { bodyFault, httpFault, HttpRig } from '../../../support/http-rig.ts'
import type { Peer } from '../../../support/peers.ts'

/** One message as it is sent, and where the writer rests. */
interface Message {
  readonly body: string
  /** Sizes of chunks, one after the other; empty = with its length. */
  readonly chunks: readonly number[]
  readonly trailer: boolean
}

const message: fc.Arbitrary<Message> = fc.record({
  body: fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '0', '\r', '\n', ' ', 'HTTP/1.1 200 OK\r\n\r\n'), maxLength: 40 }),
    fc.integer({ min: 0, max: 150_000 }).map((size) => 'x'.repeat(size)),
  ),
  chunks: fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 4 }),
  trailer: fc.boolean(),
})

function wire(start: string, { body, chunks, trailer }: Message): string {
  if (chunks.length === 0) return `${start}Content-Length: ${body.length}\r\n\r\n${body}`
  const pieces: string[] = []
  for (let at = 0; at < body.length;) {
    const size = chunks[pieces.length % chunks.length] ?? 1
    pieces.push(body.slice(at, at + size))
    // At most so many, however large the body.
    at += pieces.length > 50 ? 0 : size
    if (pieces.length > 50) {
      pieces[pieces.length - 1] = body.slice(at)
      break
    }
  }
  const framed = pieces.filter((piece) => piece !== '').map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
  return `${start}Transfer-Encoding: chunked\r\n\r\n${framed.join('')}0\r\n${trailer ? 'X-Sum: 1\r\n' : ''}\r\n`
}

/** Whole messages of a stream, whatever the chunks are: head, body and trailers. The last line is what is left. */
function messagesIn(text: string): readonly string[] {
  const found: string[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n') + 4
    if (end < 4) return [...found, rest]
    const head = rest.slice(0, end)
    const [, length] = /^content-length: (\d+)\r$/im.exec(head) ?? []
    const body = length === undefined ? dechunked(rest.slice(end)) : sized(rest.slice(end), Number(length))
    if (body === undefined) return [...found, rest]
    found.push(head + body.text)
    rest = body.rest
  }
}

function sized(text: string, length: number) {
  return text.length < length ? undefined : { text: text.slice(0, length), rest: text.slice(length) }
}

function dechunked(text: string) {
  let body = ''
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    const from = line + 2
    if (size === 0) {
      // With its empty line.
      const over = text.startsWith('\r\n', from) ? from + 2 : text.indexOf('\r\n\r\n', from) + 4
      return over < from + 2 ? undefined : { text: `${body}|${text.slice(from, over)}`, rest: text.slice(over) }
    }
    if (text.length < from + size + 2) return undefined
    body += text.slice(from, from + size)
    at = from + size + 2
  }
}

const direction = fc.constantFrom('upstream' as const, 'downstream' as const)
const latency = fc.integer({ min: 0, max: 300 })
const slices = fc.integer({ min: 100, max: 5000 })
/** Whatever keeps all bytes and lets the session live. */
const fault: fc.Arbitrary<(name: string) => FaultPlan> = fc.oneof(
  fc
    .record({ latency, phase: fc.constantFrom('request', 'response', 'body') })
    .map((params) => (name: string) => httpFault('http_latency', params, { name, probability: 0.7 })),
  fc
    .record({ rate: fc.integer({ min: 100_000, max: 5_000_000 }) })
    .map((params) => (name: string) => httpFault('http_bandwidth', params, { name })),
  fc
    .record({ at: fc.constantFrom('head', 'body'), for: latency.map((ms) => ms + 1) })
    .map((params) => (name: string) => httpFault('http_stall', params, { name, probability: 0.5 })),
  fc.tuple(latency, direction, fc.boolean()).map(
    ([ms, way, ofBody]) =>
      (name: string) =>
        (ofBody ? bodyFault : httpFault)('latency', { latency: ms }, { name, direction: way }),
  ),
  fc.tuple(slices, direction, fc.boolean(), fc.nat(2)).map(
    ([average_size, way, ofBody, delay]) =>
      (name: string) =>
        (ofBody ? bodyFault : httpFault)('slicer', { average_size, delay }, { name, direction: way }),
  ),
)

const exchange = fc.record({ request: message, response: message, early: fc.boolean() })

/** Pieces as long as `cuts` say in turn, the clock going on after each. */
async function send(rig: HttpRig, peer: Peer, text: string, cuts: readonly number[]): Promise<void> {
  let at = 0
  for (const cut of cuts) {
    if (at >= text.length) return
    peer.write(Buffer.from(text.slice(at, at + cut), 'latin1'))
    at += cut
    await turns(rig, 2)
  }
  if (at < text.length) peer.write(Buffer.from(text.slice(at), 'latin1'))
}

async function turns(rig: HttpRig, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    rig.advance(5)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function until(rig: HttpRig, what: () => string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${what()}`)
    await turns(rig, 3)
  }
}

const SHORT = 200
const told = (messages: readonly string[]) => messages.map((text) => `${text.length}: ${text.slice(0, SHORT)}`)

test(
  'whatever keeps bytes, what arrives of each message is what was sent, in order',
  { timeout: 120_000 },
  async () => {
    await using rig = await HttpRig.start()
    const inputs = {
      exchanges: fc.array(exchange, { minLength: 1, maxLength: 4 }),
      faults: fc.array(fault, { maxLength: 3 }),
      later: fc.option(fc.array(fault, { maxLength: 2 })),
      cuts: fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 60_000 })), { maxLength: 6 }),
      pipelined: fc.boolean(),
    }
    await fc.assert(
      fc.asyncProperty(fc.record(inputs), async ({ exchanges, faults, later, cuts, pipelined }) => {
        await rig.proxy.faults(...faults.map((make, at) => make(`f${at}`)))
        const requests = exchanges.map(({ request }, at) => wire(`POST /${at} HTTP/1.1\r\nHost: a\r\n`, request))
        const responses = exchanges.map(({ response }, at) => wire(`HTTP/1.1 200 OK\r\nX-At: ${at}\r\n`, response))
        const before = rig.upstream.peers.length
        const client = await rig.client()
        const all = requests.join('')
        const asked = pipelined ? send(rig, client, all, cuts) : Promise.resolve()
        for (const [at, { early }] of exchanges.entries()) {
          const mine = pipelined ? asked : send(rig, client, requests[at] ?? '', cuts)
          await until(
            rig,
            () => `request ${at} reaches the upstream`,
            () => {
              const have = messagesIn(rig.upstream.peers[before]?.text ?? '')
              // Its head is enough for some.
              return (
                have.length > at + 1 || (early && have.length === at + 1 && (have.at(-1) ?? '').includes('\r\n\r\n'))
              )
            },
          )
          const server = rig.upstream.peers[before]
          if (server === undefined) throw new Error('there is no upstream')
          if (at === 0 && later !== null) await rig.proxy.faults(...later.map((make, index) => make(`g${index}`)))
          await send(rig, server, responses[at] ?? '', cuts)
          await mine
          await until(
            rig,
            () => `response ${at} reaches the client`,
            () => messagesIn(client.text).length > at + 1,
          )
          await until(
            rig,
            () => `request ${at} is whole`,
            () => messagesIn(server.text).length > at + 1,
          )
        }
        expect(told(messagesIn(rig.upstream.peers[before]?.text ?? ''))).toEqual(told(messagesIn(all)))
        expect(messagesIn(rig.upstream.peers[before]?.text ?? '')).toEqual(messagesIn(all))
        expect(messagesIn(client.text)).toEqual(messagesIn(responses.join('')))
        client.end()
        await until(
          rig,
          () => 'the upstream hears of the end',
          () => rig.upstream.peers[before]?.ended === true,
        )
        rig.upstream.peers[before]?.end()
        await until(
          rig,
          () => 'the session ends',
          () => rig.rig.plane.sessions().length === 0,
        )
        expect(rig.rig.plane.snapshot().proxies[0]?.http?.inFlight).toBe(0)
      }),
      { numRuns: 400 },
    )
    expect(rig.exchanges().every(({ outcome, origin }) => outcome === 'answered' && origin === 'upstream')).toBe(true)
  },
)
