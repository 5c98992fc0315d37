import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyFault, chunked, get, httpFault, HttpRig, ok, request } from '../../../support/http-rig.ts'
import type { Peer } from '../../../support/peers.ts'
import { eventually } from '../../../support/wait.ts'

interface Pair {
  readonly asks: string
  readonly answers: string
}

const HEAD_ONLY = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** What is asked and answered as number `n`. */
const KINDS: readonly ((n: number) => Pair)[] = [
  (n) => ({ asks: get(`/${n}`), answers: ok(`answer ${n}`) }),
  (n) => ({ asks: request('HEAD', `/${n}`), answers: HEAD_ONLY }),
  (n) => ({ asks: request('POST', `/${n}`, `body ${n}`), answers: ok(`got ${n}`, 'Connection: keep-alive') }),
  (n) => ({
    asks: `POST /${n} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(['ab', 'cde'], ['T: 1'])}`,
    answers: `${CHUNKED}${chunked([`x${n}`, 'yz'], ['T: 2'])}`,
  }),
  (n) => ({ asks: get(`/${n}`), answers: `HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${ok(`late ${n}`)}` }),
  (n) => ({ asks: get(`/${n}`), answers: 'HTTP/1.1 204 No Content\r\n\r\n' }),
  (n) => ({ asks: get(`/${n}`), answers: ok(`${n}`.repeat(40_000)) }),
]

const FAULTS = [
  [],
  [httpFault('http_latency', { latency: 3 })],
  [bodyFault('latency', { latency: 3 })],
  [bodyFault('slicer', { average_size: 700, delay: 10 })],
  [httpFault('latency', { latency: 3 }), httpFault('slicer', { average_size: 900 })],
]

/** As it is cut: in twenty slices at most. */
const small = (sizes: readonly number[], text: string) => sizes.map((size) => Math.max(size, text.length / 20))

const turn = () =>
  new Promise<void>((resolve) => {
    setImmediate(resolve)
  })

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await turn()
}

/** In slices, with time in between. */
async function dribbles(peer: Peer, text: string, sizes: readonly number[]): Promise<void> {
  let at = 0
  for (let n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    peer.write(Buffer.from(text.slice(at, at + size), 'latin1'))
    at += size
    await turns(1)
  }
}

const closing = (answers: string): string => answers.replaceAll(/^connection: .*\r\n/gim, '')

test('a proxy that stops at any moment answers each exchange that has begun in full, none in part, and ends without a reset', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        kinds: fc.array(fc.nat(KINDS.length - 1), { minLength: 1, maxLength: 5 }),
        faults: fc.nat(FAULTS.length - 1),
        ahead: fc.boolean(),
        stopsAt: fc.nat(40),
        asked: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 4 }),
        answered: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 4 }),
      }),
      async ({ kinds, faults, ahead, stopsAt, asked, answered }) => {
        const pairs = kinds.map((kind, n) => KINDS[kind]?.(n) ?? { asks: '', answers: '' })
        await using rig = await HttpRig.start({ drainMs: 60_000, faults: FAULTS[faults] ?? [] })
        const client = await rig.client()
        await eventually('it is let in', () => rig.proxy.sessions()[0]?.state === 'open')
        const asks = async (): Promise<void> => {
          for (const [n, { asks: text }] of pairs.entries()) {
            if (client.ended || client.closed || (!ahead && client.text.includes('Connection: close'))) break
            await dribbles(client, text, small(asked, text))
            if (ahead) continue
            await eventually(
              `answer ${n}`,
              () =>
                client.ended ||
                client.closed ||
                closing(client.text).length >=
                  closing(
                    pairs
                      .slice(0, n + 1)
                      .map(({ answers }) => answers)
                      .join(''),
                  ).length,
            )
          }
        }
        const serves = async (): Promise<void> => {
          let from = 0
          for (const { asks: text, answers } of pairs) {
            await eventually(
              'a request',
              () => client.closed || client.ended || (rig.upstream.peers[0]?.received ?? 0) >= from + text.length,
            )
            from += text.length
            const server = rig.upstream.peers[0]
            if (server === undefined || server.received < from) return
            await dribbles(server, answers, small(answered, answers))
          }
        }
        const time = setInterval(() => rig.advance(2), 2)
        try {
          const all = Promise.all([asks(), serves()])
          await turns(stopsAt)
          const isIdle = (rig.proxy.snapshot.http?.inFlight ?? 0) === 0
          await rig.proxy.change({ enabled: false })
          const ending = await client.ending()
          // Who asks at the very moment at which an idle connection is closed finds out by a reset, as with any server.
          expect(['FIN', isIdle && ending]).toContain(ending)
          await all
          client.end()
          await eventually('it is over', () => {
            for (const peer of rig.upstream.peers) if (peer.ended) peer.end()
            return rig.proxy.sessions().length === 0
          })
          const texts = pairs.map(({ answers }) => closing(answers))
          const got = closing(client.text)
          const served = texts.findIndex((_, n) => texts.slice(0, n).join('') === got)
          const count = served < 0 && texts.join('') === got ? texts.length : served
          expect(count, `got ${JSON.stringify(got.slice(-300))}`).toBeGreaterThanOrEqual(0)
          expect(rig.upstream.peers[0]?.text ?? '').toBe(
            pairs
              .slice(0, count)
              .map(({ asks: text }) => text)
              .join(''),
          )
          expect(rig.exchanges().map(({ outcome }) => outcome)).toEqual(Array.from({ length: count }, () => 'answered'))
          expect(await rig.rig.ending()).toBe('proxy:disabled')
        } finally {
          clearInterval(time)
        }
      },
    ),
    { numRuns: 150, interruptAfterTimeLimit: 120_000, endOnFailure: true },
  )
}, 200_000)
