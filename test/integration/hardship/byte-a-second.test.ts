import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Peer, Upstream } from '../../support/peers.ts'
import { eventually } from '../../support/wait.ts'
import { HardServer, NOT_LINUX } from './rig.ts'

const CLIENTS = 100
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const LINE = 'a byte a second, for ever'

test.skipIf(NOT_LINUX !== '')(
  `200 clients that send a byte a second are served, and so is everybody else meanwhile${NOT_LINUX}`,
  async () => {
    await using echo = await Upstream.echo()
    const origin = createServer((_, response) => response.end('here you are')).listen(0, '127.0.0.1')
    await once(origin, 'listening')
    await using server = await HardServer.start()
    const raw = await server.proxy('raw', echo.address)
    const http = await server.proxy('http', `http://127.0.0.1:${(origin.address() as AddressInfo).port}`)

    const lines = await Promise.all(Array.from({ length: CLIENTS }, () => Peer.connect(raw)))
    const requests = await Promise.all(Array.from({ length: CLIENTS }, () => Peer.connect(http)))
    const answers: string[] = []
    const early: string[] = []
    try {
      for (let index = 0; index < REQUEST.length; index++) {
        // No answer before the question is whole.
        early.push(...requests.map(({ text }) => text).filter((text) => text !== ''))
        for (const peer of lines) peer.write(LINE.slice(index, index + 1))
        for (const peer of requests) peer.write(REQUEST.slice(index, index + 1))
        await sleep(1000)
        answers.push(await (await fetch(`http://127.0.0.1:${http}/`)).text())
      }
      expect(early).toEqual([])
      expect(answers).toEqual(Array.from(REQUEST, () => 'here you are'))
      for (const peer of lines) await peer.reads(LINE)
      for (const peer of requests) {
        await eventually('its answer', () => peer.text.endsWith('here you are'))
        expect(peer.text).toMatch(/^HTTP\/1\.1 200 /)
      }
      const { sessions } = await server.call<{ sessions: { active: number } }>('GET', '/v1/status')
      expect(sessions.active).toBeGreaterThanOrEqual(2 * CLIENTS)
    } finally {
      for (const peer of [...lines, ...requests]) peer[Symbol.dispose]()
      origin.closeAllConnections()
      origin.close()
    }
    expect(await server.stop()).toBe(0)
    expect(server.stderr).toBe('')
  },
  120_000,
)
