import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { ALERTS } from '../../../../src/core/handshake.ts'
import { alertName, alertNumber, alertRecord } from '../../../../src/protocols/tls/alert.ts'
import { ServerProgram } from '../../../support/servers.ts'

test('names and numbers are two ways to say the same', () => {
  for (const [name, number] of Object.entries(ALERTS)) {
    expect(alertNumber(name)).toBe(number)
    expect(alertName(number)).toBe(name)
  }
  expect(alertNumber('constructor')).toBeUndefined()
  expect(alertNumber('HANDSHAKE_FAILURE')).toBeUndefined()
  expect(alertName(199)).toBeUndefined()
})

test('a record has the alert in plain text, and says whether it is an error', () => {
  expect(alertRecord(40)).toEqual(Buffer.from('15030300020228', 'hex'))
  expect(alertRecord(255)).toEqual(Buffer.from('150303000202ff', 'hex'))
  expect(alertRecord(0)).toEqual(Buffer.from('15030300020100', 'hex'))
  expect(alertRecord(90)).toEqual(Buffer.from('1503030002015a', 'hex'))
})

/** A server that answers every hello with the alert and closes. */
async function answering(alert: number): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(alertRecord(alert)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dispose = async (): Promise<void> => {
    server.close()
    await once(server, 'close')
  }
  return { port, [Symbol.asyncDispose]: dispose }
}

describe('Node says which alert it got', () => {
  test.each([
    ['handshake_failure', /alert handshake failure/],
    ['internal_error', /alert internal error/],
    ['protocol_version', /alert protocol version/],
    ['unrecognized_name', /unrecognized name/],
    ['no_application_protocol', /no application protocol/],
    ['insufficient_security', /insufficient security/],
    ['access_denied', /access denied/],
  ] as const)('%s', async (name, message) => {
    await using server = await answering(ALERTS[name])
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ port: server.port, host: '127.0.0.1', maxVersion })
      const [error] = (await once(
        socket.on('end', () => {}),
        'error',
      ).catch((caught: unknown) => [caught])) as [Error]
      expect(error.message).toMatch(message)
    }
  })
})

const curl = new ServerProgram('curl', 'curl')
describe.skipIf(curl.missing)(`curl says so too${curl.note}`, () => {
  test.each([
    ['handshake_failure', 'alert handshake failure'],
    ['unrecognized_name', 'unrecognized name'],
  ] as const)('%s', async (name, text) => {
    await using server = await answering(ALERTS[name])
    const child = spawn(curl.path, ['-sSk', `https://127.0.0.1:${server.port}/`])
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    expect(await once(child, 'close')).toEqual([35, null])
    expect(said).toContain(text)
  })
})
