import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { run, FoulweatherProcess } from '../../support/cli-process.ts'
import { Peer } from '../../support/cli-peers.ts'
import { freePort } from '../../support/ports.ts'

const COMMAND = ['list']

test('nobody there is one clear line and exit code 1', async () => {
  const port = await freePort()
  expect(await run([...COMMAND, '--host', `127.0.0.1:${port}`])).toEqual({
    code: 1,
    stdout: '',
    stderr: `foulweather: Cannot reach http://127.0.0.1:${port}: connection refused. Is \`foulweather serve\` running?\n`,
  })
})

test('a host that does not exist is named', async () => {
  const { code, stderr } = await run(['--host', 'http://no-such-host.invalid:1', ...COMMAND])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^foulweather: Cannot reach http:\/\/no-such-host\.invalid:1: .+\n$/)
})

test.each([
  ['closes at once', ''],
  ['speaks something else', 'SSH-2.0-OpenSSH_9.9\r\n'],
])('a server that %s is no admin API', async (_how, greeting) => {
  await using peer = await Peer.open((socket) => socket.end(greeting))
  const { code, stderr } = await run(COMMAND, { TOXIPROXY_URL: `http://${peer.address}` })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^foulweather: Cannot reach http:\/\/127\.0\.0\.1:\d+: .+\n$/)
})

test('another HTTP server is no admin API', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/v1/proxies' ? 200 : 404
    response.end('<html>It works!</html>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const list = await run(COMMAND, { FOULWEATHER_URL: url })
  const status = await run(['status'], { FOULWEATHER_URL: url })
  server.close()
  expect(list.code).toBe(1)
  expect(list.stderr).toMatch(/did not answer as an admin API does/)
  expect(status).toEqual({ code: 1, stdout: '', stderr: 'foulweather: HTTP 404: <html>It works!</html>\n' })
})

test('a token is sent by every command, and wanted by the server', async () => {
  await using server = await FoulweatherProcess.start({
    env: { FOULWEATHER_TOKEN: 's3cret-t0ken' },
    argv: ['--log-level', 'trace'],
  })
  const url = `http://${server.address}`
  const without = await run(COMMAND, { FOULWEATHER_URL: url })
  expect(without.code).toBe(1)
  expect(without.stderr).toMatch(/^foulweather: Failed to retrieve proxies: HTTP 401: .+\n$/)
  expect(await run([...COMMAND, '--token', 'wrong'], { FOULWEATHER_URL: url })).toMatchObject({ code: 1 })
  expect(await run([...COMMAND, '--token', 's3cret-t0ken'], { FOULWEATHER_URL: url })).toMatchObject({ code: 0 })
  expect(await run(COMMAND, { FOULWEATHER_URL: url, FOULWEATHER_TOKEN: 's3cret-t0ken' })).toMatchObject({ code: 0 })
  await server.stop()
  expect(server.log.map(({ message }) => message)).toContain('Request')
  expect(server.output).not.toContain('s3cret')
})
