import { describe, expect, test } from 'vitest'
import { alertRecord } from '../../../src/protocols/tls/alert.ts'
import { proxyHeader, type Endpoint } from '../../../src/protocols/proxy-protocol/header.ts'
import {
  haproxyProgram,
  HeaderServer,
  nginxProgram,
  nginxStreamMissing,
  startHaproxy,
  startNginx,
  talk,
  type RunningProgram,
} from '../../support/proxy-protocol-peers.ts'
import { eventually } from '../../support/wait.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

function at(address: string, port: number): Endpoint {
  return { address, port }
}

function bodyOf(response: string): string {
  return response.slice(response.indexOf('\r\n\r\n') + 4).trim()
}

/** The body of the answer to a request behind the header. Receivers may refuse a header that comes in pieces: it goes in one. */
async function told(server: RunningProgram, header: Buffer): Promise<string> {
  return bodyOf((await talk(server, [Buffer.concat([header, Buffer.from(REQUEST)])])).text)
}

const ENDS: readonly (readonly [source: Endpoint, destination: Endpoint, shown: string])[] = [
  [at('192.0.2.7', 4660), at('198.51.100.1', 443), '192.0.2.7|4660|198.51.100.1|443'],
  [at('::ffff:192.0.2.7', 1), at('::ffff:198.51.100.1', 2), '192.0.2.7|1|198.51.100.1|2'],
  [at('2001:db8::7', 65_535), at('2001:db8:0:1::1', 80), '2001:db8::7|65535|2001:db8:0:1::1|80'],
  [at('192.0.2.7', 5), at('2001:db8::1', 6), '::ffff:192.0.2.7|5|2001:db8::1|6'],
]

/** One that shows what it has read from headers. */
function accepting(): Promise<RunningProgram> {
  return startHaproxy(
    (port) => `
frontend accepting
  mode http
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]|%[src_port]|%[dst]|%[dst_port]"
`,
  )
}

describe.skipIf(haproxyProgram.missing)(`HAProxy${haproxyProgram.note}`, () => {
  test('takes the client and the destination from our headers', async () => {
    await using haproxy = await accepting()
    for (const version of ['v1', 'v2'] as const) {
      for (const [source, destination, shown] of ENDS) {
        expect(await told(haproxy, proxyHeader(version, source, destination))).toBe(shown)
      }
      // Of nobody: then the connection is what it is.
      const { text, port } = await talk(haproxy, [proxyHeader(version, undefined, undefined), REQUEST])
      expect(bodyOf(text)).toBe(`127.0.0.1|${port}|127.0.0.1|${haproxy.port}`)
    }
  })

  test('closes on what is no header', async () => {
    await using haproxy = await accepting()
    expect((await talk(haproxy, [alertRecord(40), REQUEST])).text).not.toContain('200 OK')
  })

  test.each([
    ['send-proxy', 'v1'],
    ['send-proxy-v2', 'v2'],
    ['send-proxy-v2 proxy-v2-options crc32c', 'v2'],
    ['send-proxy-v2 proxy-v2-options crc32c,unique-id,ssl,authority', 'v2'],
  ])('tells with %s of clients of IPv4, IPv6 and socket files', async (options, version) => {
    await using server = await HeaderServer.start()
    await using haproxy = await startHaproxy(
      (port, folder) => `
listen sending
  mode tcp
  unique-id-format %{+X}o%ci_%cp
  bind 127.0.0.1:${port}
  bind [::1]:${port}
  bind unix@${folder}/socket
  server upstream 127.0.0.1:${server.port} ${options}
`,
    )
    const v4 = await talk(haproxy, ['hello ', 'there'], 'hello there')
    const v6 = await talk({ host: '::1', port: haproxy.port }, ['hello'], 'hello')
    await talk({ path: `${haproxy.folder}/socket` }, ['hello'], 'hello')
    const [first, second, third] = server.received
    expect(first).toMatchObject({
      reading: {
        kind: 'header',
        version,
        source: at('127.0.0.1', v4.port),
        destination: at('127.0.0.1', haproxy.port),
      },
      rest: 'hello there',
    })
    expect(second).toMatchObject({
      reading: { kind: 'header', version, source: at('::1', v6.port), destination: at('::1', haproxy.port) },
      rest: 'hello',
    })
    expect(third).toMatchObject({ reading: { kind: 'header', version }, rest: 'hello' })
    expect(server.received).toHaveLength(3)
  })

  test('and we write the same bytes as it does, for the same ends', async () => {
    await using server = await HeaderServer.start()
    for (const [options, version] of [
      ['send-proxy', 'v1'],
      ['send-proxy-v2', 'v2'],
    ] as const) {
      await using haproxy = await startHaproxy(
        (port) => `
listen sending
  mode tcp
  bind 127.0.0.1:${port}
  bind [::1]:${port}
  server upstream 127.0.0.1:${server.port} ${options}
`,
      )
      for (const host of ['127.0.0.1', '::1']) {
        const { port } = await talk({ host, port: haproxy.port }, ['hello'], 'hello')
        const ours = proxyHeader(version, at(host, port), at(host, haproxy.port))
        expect(server.received.at(-1)?.raw.toString('latin1')).toBe(`${ours.toString('latin1')}hello`)
      }
    }
  })

  test.each(['send-proxy', 'send-proxy-v2'])('its health checks with %s are headers', async (options) => {
    await using server = await HeaderServer.start()
    await using _ = await startHaproxy(
      (port) => `
listen checking
  mode tcp
  bind 127.0.0.1:${port}
  server upstream 127.0.0.1:${server.port} ${options} check check-send-proxy inter 100ms
`,
    )
    const { reading } = await eventually('a check comes', () => server.received[0])
    expect(reading).toMatchObject({ kind: 'header' })
    // Version 2 has a word for a connection of the sender's own.
    expect(reading).toMatchObject(options === 'send-proxy' ? { version: 'v1' } : { version: 'v2', source: undefined })
  })
})

describe.skipIf(nginxProgram.missing)(`nginx${nginxProgram.note}`, () => {
  test('takes the client and the destination from our headers', async () => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    await using nginx = await startNginx(
      (port, folder) => `
http {
  access_log off;
  ${paths.map((path) => `${path}_temp_path ${folder};`).join(' ')}
  server {
    listen 127.0.0.1:${port} proxy_protocol;
    location / {
      return 200 "$proxy_protocol_addr|$proxy_protocol_port|$proxy_protocol_server_addr|$proxy_protocol_server_port";
    }
  }
}`,
    )
    for (const [source, destination, shown] of ENDS) {
      for (const version of ['v1', 'v2'] as const) {
        const header = proxyHeader(version, source, destination)
        // It shows the text of version 1 as it came.
        expect(await told(nginx, header)).toBe(version === 'v1' ? shown.replace('192.0.2.7|5', 'c000:207|5') : shown)
      }
    }
    expect(await told(nginx, proxyHeader('v2', undefined, undefined))).toBe('|||')
  })

  test.skipIf(nginxStreamMissing)('tells of its clients', async () => {
    await using server = await HeaderServer.start()
    await using nginx = await startNginx(
      (port) => `
stream {
  server {
    listen 127.0.0.1:${port};
    proxy_pass 127.0.0.1:${server.port};
    proxy_protocol on;
  }
}`,
    )
    const { port } = await talk(nginx, ['hello'], 'hello')
    expect(server.received).toMatchObject([
      {
        reading: {
          kind: 'header',
          version: 'v1',
          source: at('127.0.0.1', port),
          destination: at('127.0.0.1', nginx.port),
        },
        rest: 'hello',
      },
    ])
  })
})
