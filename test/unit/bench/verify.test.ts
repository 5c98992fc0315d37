import { describe, expect, test } from 'vitest'
import { fromSource } from '../../../bench/rivals/foulweather.ts'
import { httpProxy } from '../../../bench/rivals/http-proxy.ts'
import { httpxy } from '../../../bench/rivals/httpxy.ts'
import { pipe } from '../../../bench/rivals/pipe.ts'
import type { Rival } from '../../../bench/rivals/rival.ts'
import { undici } from '../../../bench/rivals/undici.ts'
import { verify } from '../../../bench/verify.ts'
import { httpRivalThat } from './tampering-http-rival.ts'
import { rivalThat, tamper } from './tampering-rival.ts'

async function failure(rival: Rival): Promise<string | undefined> {
  const { state, reason } = await verify(rival)
  expect(state).toBe('failed')
  return reason
}

const exchanging = (relay: Parameters<typeof rivalThat>[0]): Rival => ({ ...rivalThat(relay), exchangesOnly: true })

function flipped(bytes: Buffer, at: number): readonly Buffer[] {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return [copy]
}

describe('verification', () => {
  test('pipe() is exact and passes half-closing', async () => {
    expect(await verify(pipe)).toMatchObject({ rival: 'pipe', state: 'verified', halfClose: true })
  })

  test.each([httpProxy, httpxy, undici, fromSource.http, fromSource.unmatched])(
    'an HTTP proxy is verified by HTTP: $name',
    async (rival) => {
      const found = await verify(rival)
      expect(found).toMatchObject({ state: 'verified' })
      expect(found).not.toHaveProperty('halfClose')
    },
  )

  test('an HTTP proxy that changes a status, loses a byte of a body or does not keep connections fails', async () => {
    expect(await failure(httpRivalThat({ status: (status) => (status === 404 ? 200 : status) }))).toBe(
      'GET /length/404/10: 200 came, not 404',
    )
    expect(await failure(httpRivalThat({ body: (body) => body.subarray(1) }))).toContain('POST /echo: the body')
    expect(await failure(httpRivalThat({ keepAlive: 'server' }))).toMatch(/connections of the client$/)
    expect(await failure(httpRivalThat({ keepAlive: 'client' }))).toMatch(/connections to the upstream$/)
  })

  test('a proxy that closes both sides at the first end is verified, and said to do so', async () => {
    const closing = rivalThat((from, to) => {
      from.pipe(to, { end: false })
      from.on('end', () => {
        from.end()
        to.destroy()
      })
    })
    expect(await verify(closing)).toMatchObject({ state: 'verified', halfClose: false })
  })

  test('a proxy that loses one byte fails', async () => {
    const losing = rivalThat(tamper(9_000_000, (b, at) => [b.subarray(0, at), b.subarray(at + 1)]))
    expect(await verify(losing)).toMatchObject({ state: 'failed', reason: expect.stringContaining('lost') as string })
  })

  test('a proxy that sends bytes twice fails', async () => {
    const stuttering = rivalThat(tamper(9_000_000, (b, at) => [b.subarray(0, at + 1), b.subarray(at)]))
    expect(await verify(stuttering)).toMatchObject({ state: 'failed' })
  })

  test('a proxy that cannot be started fails with the reason on one line', async () => {
    const broken: Rival = { ...pipe, start: () => Promise.reject(new Error('port\n  taken')) }
    expect(await verify(broken)).toMatchObject({ state: 'failed', reason: 'port taken' })
  })

  test('a proxy that is not there is no failure', async () => {
    const absent: Rival = { ...pipe, locate: async () => ({ found: false, reason: 'nowhere' }) }
    expect(await verify(absent)).toMatchObject({ state: 'not found', reason: 'nowhere' })
  })

  describe('of a rival that relays no stream', () => {
    test('goes by messages and says nothing of half-closing', async () => {
      const found = await verify(exchanging((from, to) => from.pipe(to)))
      expect(found).toEqual({ rival: 'test', version: '1', state: 'verified' })
    })

    test('fails where a byte is changed, or an answer does not come from the upstream', async () => {
      expect(await failure(exchanging(tamper(5000, flipped)))).toMatch(/^the answer to message \d+ of connection \d/)
      expect(await failure(exchanging((from) => void from.pipe(from)))).toMatch(/^the answer to message 1 /)
    })
  })
})
