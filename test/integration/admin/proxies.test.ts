import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAdminServer } from '../../../src/admin/server.ts'
import type { ControlChange } from '../../../src/control/changes.ts'
import { ControlPlane } from '../../../src/control/control-plane.ts'
import type { DataPlane } from '../../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { testCertificates, type Pair } from '../../support/test-certificates.ts'

type Json = Readonly<Record<string, unknown>>

let authority: Pair
let one: Pair
let other: Pair
let files: string
let outside: string
beforeAll(async () => {
  ;({ authority, one, other } = await testCertificates())
  outside = await mkdtemp(join(tmpdir(), 'foulweather-files-'))
  files = join(outside, 'allowed')
  await mkdir(join(files, 'sub'), { recursive: true })
  await writeFile(join(files, 'cert.pem'), one.cert)
  await writeFile(join(files, 'sub', 'key.pem'), one.key)
  await writeFile(join(files, 'page.html'), '<h1>Sorry é</h1>')
  await writeFile(join(files, 'page.bin'), Buffer.from([0xff, 0, 1]))
  await writeFile(join(files, 'big'), Buffer.alloc(2 ** 20 + 1))
  await writeFile(join(outside, 'secret.pem'), one.key)
  await symlink(join(outside, 'secret.pem'), join(files, 'link.pem'))
})
afterAll(() => rm(outside, { recursive: true }))

let dataPlane: DataPlane
let control: ControlPlane
let changes: ControlChange[]
let ask: (
  method: string,
  url: string,
  body?: unknown,
) => Promise<{ status: number; text: string; body: Json; location: unknown }>

function start(options: { readonly filesDir?: string; readonly authority?: () => Pair | undefined }): void {
  dataPlane = createLocalDataPlane({ seed: 1, factory: faultFactory })
  control = new ControlPlane({ dataPlane, seed: 1, ...options })
  changes = []
  control.events.on('changed', (change) => changes.push(change))
  const admin = createAdminServer({ control, host: '127.0.0.1', port: 0, version: '1' })
  ask = async (method, url, body) => {
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await admin.hapi.inject({ method, url, headers: { host: 'localhost' }, ...payload })
    const { statusCode: status, payload: text, headers } = answer
    return { status, text, body: (text === '' ? {} : JSON.parse(text)) as Json, location: headers['location'] }
  }
}

beforeEach(() => start({ filesDir: files, authority: () => authority }))
afterEach(async () => {
  control.close()
  await dataPlane.close()
})

const ALL = '/v1/proxies'

function protocolPlan() {
  const { upstream, protocol, tls } = control.proxy('p')
  return { upstream, protocol, tls: Object.keys(tls ?? {}).toSorted() }
}

const errorPlan = () => control.fault('p', 'http_error').plan
const off = (fields: Json): Json => ({ name: 'p', listen: '127.0.0.1:0', upstream: 'u:1', enabled: false, ...fields })

describe('a proxy', () => {
  test('is created, shown, changed and deleted', async () => {
    const created = await ask('POST', ALL, { name: 'p/1', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    expect(created).toMatchObject({ status: 201, location: '/v1/proxies/p%2F1' })
    expect(created.body).toEqual({
      name: 'p/1',
      listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]/) as string,
      upstream: '127.0.0.1:9',
      enabled: true,
      protocol: 'tcp',
      owner: 'api',
      revision: expect.any(Number) as number,
      faults: [],
    })
    const path = String(created.location)
    expect((await ask('GET', path)).body).toEqual(created.body)
    const changed = await ask('PATCH', path, { enabled: false, upstream: '127.0.0.1:10' })
    const { revision, ...same } = created.body
    expect(changed).toMatchObject({ status: 200, body: { ...same, enabled: false, upstream: '127.0.0.1:10' } })
    expect(Number(changed.body['revision'])).toBeGreaterThan(Number(revision))
    expect(await ask('DELETE', path)).toMatchObject({ status: 204, text: '' })
    expect(await ask('GET', path)).toMatchObject({ status: 404, body: { code: 'proxy_not_found' } })
    expect(await ask('PATCH', path, {})).toMatchObject({ status: 404 })
    expect(await ask('DELETE', path)).toMatchObject({ status: 404 })
    expect(changes.map(({ action }) => action)).toEqual(['proxy-created', 'proxy-updated', 'proxy-deleted'])
  })

  test('has what it was asked for in its plan, and shows it', async () => {
    const http = {
      lenient: true,
      host: 'example.com:81',
      forwarded_for: true,
      header_faults: true,
      tell: true,
      max_head: '32KiB',
      max_headers: 64,
    }
    const proxy_protocol = { accept: true, send: 'v2' }
    const { status, body } = await ask('POST', ALL, off({ protocol: 'http', http, proxy_protocol }))
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { protocol: 'http', http: { ...http, max_head: 32_768 }, proxy_protocol },
    })
    expect(control.proxy('p')).toMatchObject({
      protocol: 'http',
      http: {
        lenient: true,
        host: 'example.com:81',
        forwardedFor: true,
        headerFaults: true,
        tell: true,
        maxHead: 32_768,
        maxHeaders: 64,
      },
      proxyProtocol: { accept: true, send: 'v2' },
    })
  })

  test('that says the usual is one that says nothing', async () => {
    const http = { lenient: false, host: 'preserve', tell: false }
    await ask('POST', ALL, off({ protocol: 'tcp', http, tls: { peek: false }, proxy_protocol: { accept: false } }))
    const { faults, revision: _revision, ...record } = control.proxy('p')
    const usual = { name: 'p', listen: '127.0.0.1:0', upstream: 'u:1', enabled: false, protocol: 'tcp', owner: 'api' }
    expect(record).toEqual(usual)
    expect(faults).toEqual([])
  })

  test.each<[string, Json, Json]>([
    ['http://Example.com', { upstream: 'Example.com:80', protocol: 'http' }, {}],
    ['http://example.com:8080/', { upstream: 'example.com:8080', protocol: 'http' }, {}],
    ['HTTPS://example.com', { upstream: 'example.com:443', protocol: 'http', tls: { upstream: {} } }, {}],
    ['https://[::1]:08443', { upstream: '[::1]:8443', protocol: 'http', tls: { upstream: {} } }, {}],
    [
      'https://10.0.0.1',
      { upstream: '10.0.0.1:443', protocol: 'http', tls: { upstream: { servername: 'a.test', verify: false } } },
      { tls: { upstream: { servername: 'a.test', verify: false } } },
    ],
  ])('may have the upstream %s', async (upstream, shown, fields) => {
    const { status, body } = await ask('POST', ALL, off({ upstream, ...fields }))
    expect({ status, body }).toMatchObject({ status: 201, body: shown })
    expect(body['tls']).toEqual(shown['tls'])
  })

  test('changes its protocol with the URL of its upstream', async () => {
    await ask('POST', ALL, off({ tls: { listen: { ...one } } }))
    await ask('PATCH', `${ALL}/p`, { upstream: 'https://a.test' })
    expect(protocolPlan()).toEqual({ upstream: 'a.test:443', protocol: 'http', tls: ['listen', 'upstream'] })
    await ask('PATCH', `${ALL}/p`, { upstream: 'b.test:444' })
    expect(protocolPlan()).toEqual({ upstream: 'b.test:444', protocol: 'http', tls: ['listen', 'upstream'] })
    await ask('PATCH', `${ALL}/p`, { upstream: 'http://c.test' })
    expect(protocolPlan()).toEqual({ upstream: 'c.test:80', protocol: 'http', tls: ['listen'] })
    await ask('PATCH', `${ALL}/p`, { protocol: 'tcp', tls: null })
    expect(protocolPlan()).toEqual({ upstream: 'c.test:80', protocol: 'tcp', tls: [] })
  })
})

describe('an update', () => {
  test('changes what it gives, inside of objects too, and null takes away', async () => {
    await ask('POST', ALL, off({ protocol: 'http', http: { tell: true, max_head: 2048 }, tls: { listen: { ...one } } }))
    const before = control.proxy('p')
    await ask('PATCH', `${ALL}/p`, {
      http: { max_head: null, host: 'upstream' },
      tls: { listen: { alpn: ['http/1.1'] } },
    })
    const revision = expect.any(Number) as number
    expect(control.proxy('p')).toEqual({
      ...before,
      revision,
      http: { tell: true, host: 'upstream' },
      tls: { listen: { ...one, alpn: ['http/1.1'] } },
    })
    await ask('PATCH', `${ALL}/p`, { http: null, tls: { listen: null } })
    const { http: _, tls: _tls, ...plain } = before
    expect(control.proxy('p')).toEqual({ ...plain, revision })
  })

  test('with what was read changes nothing', async () => {
    const tls = { listen: { ...one, client_ca: authority.cert }, upstream: { ca: authority.cert, ...other } }
    // A port that is chosen by the kernel is another one each time.
    const fields = off({ listen: '127.0.0.1:9', protocol: 'http', http: { tell: true }, tls })
    const { body: shown } = await ask('POST', ALL, fields)
    const before = control.proxy('p')
    expect((await ask('PATCH', `${ALL}/p`, shown)).body).toEqual(shown)
    expect(control.proxy('p')).toBe(before)
    expect(changes).toHaveLength(1)
  })

  test('that changes a setting moves a proxy that runs, and drops its sessions', async () => {
    await ask('POST', ALL, { name: 'p', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
    const { listen } = control.proxy('p')
    const stopped: string[] = []
    dataPlane.events.on('proxy-stopped', ({ proxy }) => stopped.push(proxy))
    expect(await ask('PATCH', `${ALL}/p`, { proxy_protocol: { send: 'v1' } })).toMatchObject({ status: 200 })
    expect(control.proxy('p')).toMatchObject({ listen, enabled: true, proxyProtocol: { send: 'v1' } })
    expect(stopped).toEqual(['p'])
  })

  test('cannot take http away from faults that need it', async () => {
    await ask('POST', ALL, off({ protocol: 'http' }))
    await ask('POST', `${ALL}/p/faults`, { type: 'http_error', status: 503 })
    await ask('POST', `${ALL}/p/faults`, { type: 'noop', part: 'body', name: 'body' })
    await ask('POST', `${ALL}/p/faults`, { type: 'noop' })
    expect(await ask('PATCH', `${ALL}/p`, { protocol: 'tcp' })).toMatchObject({
      status: 400,
      body: {
        field: 'protocol',
        detail: 'protocol: faults of this proxy need http: "http_error", "body"; remove them first',
      },
    })
    expect(control.proxy('p').protocol).toBe('http')
  })

  test('by Toxiproxy’s route leaves the rest as it is', async () => {
    await ask('POST', ALL, off({ protocol: 'http', http: { tell: true } }))
    expect((await ask('POST', '/proxies/p', { upstream: 'v:2' })).status).toBe(200)
    expect(control.proxy('p')).toMatchObject({ upstream: 'v:2', protocol: 'http', http: { tell: true } })
  })
})

describe('keys and certificates', () => {
  test('are checked, kept, and never shown', async () => {
    const tls = { listen: { ...one, client_ca: authority.cert }, upstream: { ...other, ca: authority.cert + one.cert } }
    const created = await ask('POST', ALL, off({ tls }))
    expect(created.body['tls']).toEqual({
      listen: {
        cert: expect.stringMatching(/^\(set\) .*one\.test.*, until \d{4}-.*, SHA-256 [0-9A-F:]{95}$/) as string,
        key: '(set)',
        client_ca: expect.stringMatching(/^\(set\) /) as string,
      },
      upstream: {
        cert: expect.stringContaining('other.test') as string,
        key: '(set)',
        ca: expect.stringMatching(/, and 1 more$/) as string,
      },
    })
    expect(control.proxy('p').tls).toEqual({
      listen: { ...one, clientCa: authority.cert },
      upstream: { ...other, ca: authority.cert + one.cert },
    })
    await ask('PATCH', `${ALL}/p`, { tls: { listen: { ...other } } })
    const told = [await ask('GET', ALL), await ask('GET', `${ALL}/p`), await ask('GET', '/proxies'), changes, created]
    expect(secretsIn(JSON.stringify(told))).toEqual([])
    expect(control.proxy('p').tls?.listen).toMatchObject(other)
  })

  test('may be made by the authority, whose key is not shown', async () => {
    const { body } = await ask(
      'POST',
      ALL,
      off({ tls: { listen: { authority: true, names: ['a.test', '10.0.0.1'] } } }),
    )
    expect(body['tls']).toEqual({ listen: { authority: true, names: ['a.test', '10.0.0.1'] } })
    expect(control.proxy('p').tls).toEqual({ listen: { authority, names: ['a.test', '10.0.0.1'] } })
    expect(secretsIn(JSON.stringify(changes))).toEqual([])
  })

  test('need an authority where they are to be made', async () => {
    start({ authority: () => undefined })
    expect((await ask('POST', ALL, off({ tls: { listen: { authority: true } } }))).body).toMatchObject({
      field: 'tls.listen.authority',
      detail: expect.stringContaining('"foulweather ca init" makes one') as string,
    })
  })

  test.each<[string, () => Json, string]>([
    ['of another', () => ({ listen: { cert: one.cert, key: other.key } }), 'tls.listen.key: it does not belong to'],
    ['alone', () => ({ listen: { cert: one.cert } }), 'tls.listen.key is missing: a certificate needs its key'],
    ['without', () => ({ upstream: { key: one.key } }), 'tls.upstream.cert is missing: a key needs its certificate'],
    ['none', () => ({ listen: {} }), 'tls.listen has no certificate: expected cert and key, or authority: true'],
    ['two', () => ({ listen: { ...one, authority: true } }), 'tls.listen.authority: there is a certificate already'],
    ['named', () => ({ listen: { ...one, names: ['x'] } }), 'tls.listen.names: the certificate has its names'],
    ['swapped', () => ({ listen: { cert: one.key, key: one.cert } }), 'tls.listen.cert: there is a private key in it'],
    [
      'no key',
      () => ({ listen: { cert: one.cert, key: 'x' } }),
      'tls.listen.key: it is no private key that can be read',
    ],
    ['a key as text', () => ({ listen: one.key }), 'tls.listen: expected an object with cert, key,'],
    ['a key elsewhere', () => ({ listen: { ...one, servername: one.key } }), 'tls.listen.servername: there is no such'],
    ['keys', () => ({ listen: { cert: one.cert, key: [one.key] } }), 'tls.listen.key: expected a private key as a PEM'],
    [
      'a key for a name',
      () => ({ upstream: { servername: one.key } }),
      'tls.upstream.servername: expected a host name',
    ],
    ['no ca', () => ({ upstream: { ca: 'x' } }), 'tls.upstream.ca: there is no certificate in it'],
    [
      'broken',
      () => ({ upstream: { ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----' } }),
      'tls.upstream.ca: certificate 1 cannot be read',
    ],
    ['peeked', () => ({ listen: { ...one }, peek: true }), 'tls.peek: TLS of clients ends here'],
    ['an address', () => ({ upstream: { servername: '10.0.0.1' } }), 'tls.upstream.servername: expected a host name'],
    ['h2', () => ({ listen: { ...one, alpn: ['h2'] } }), 'tls.listen.alpn: a proxy with protocol http speaks HTTP/1.1'],
    [
      'misspelt',
      () => ({ upstream: { certt: 'x' } }),
      'tls.upstream.certt: there is no such field; did you mean "cert"?',
    ],
  ])('%s are refused without being repeated', async (_, tls, detail) => {
    const { status, body, text } = await ask('POST', ALL, off({ protocol: 'http', tls: tls() }))
    expect({ status, detail: body['detail'] }).toEqual({
      status: 400,
      detail: expect.stringContaining(detail) as string,
    })
    expect(body['field']).toEqual(expect.stringMatching(/^tls\./) as string)
    expect(secretsIn(text)).toEqual([])
    expect(control.proxies()).toEqual([])
  })
})

/** Lines of private keys that are in a text. */
function secretsIn(text: string): readonly string[] {
  const lines = [one, other, authority].flatMap(({ key }) => key.split('\n').filter((line) => !line.startsWith('--')))
  return lines.filter((line) => line !== '' && text.includes(line.slice(0, 16)))
}

/** A fault with so many outcomes whose bodies are in this file. */
function naming(count: number, body_file: string): Json {
  return { type: 'http_error', status: 503, outcomes: Array.from({ length: count }, () => ({ weight: 1, body_file })) }
}

describe('files', () => {
  test('are read below the directory, links resolved', async () => {
    const listen = { cert_file: 'cert.pem', key_file: join(files, 'sub/key.pem') }
    const { status } = await ask('POST', ALL, off({ tls: { listen } }))
    expect(status).toBe(201)
    expect(control.proxy('p').tls).toEqual({ listen: one })
  })

  test.each<[unknown, string]>([
    ['../secret.pem', 'this file is not below the directory that may be read'],
    ['link.pem', 'this file is not below the directory that may be read'],
    ['/etc/hostname', 'this file is not below the directory that may be read'],
    ['../nothing/is/here', 'this file is not below the directory that may be read'],
    ['.', 'this file is not below the directory that may be read'],
    ['none.pem', 'it cannot be read (ENOENT)'],
    ['cert.pem/x', 'it cannot be read (ENOTDIR)'],
    ['sub', 'it is no regular file'],
    ['big', 'it has 1048577 bytes, and 1048576 may be read'],
    ['a\0b', 'expected a path below'],
    ['', 'expected a path below'],
    [5, 'expected a path below'],
  ])('%j is refused', async (ca_file, detail) => {
    const { status, body } = await ask('POST', ALL, off({ tls: { upstream: { ca_file } } }))
    expect({ status, field: body['field'] }).toEqual({ status: 400, field: 'tls.upstream.ca_file' })
    expect(body['detail']).toContain(detail)
  })

  test('are one of two', async () => {
    const both = { ca: authority.cert, ca_file: 'cert.pem' }
    expect((await ask('POST', ALL, off({ tls: { upstream: both } }))).body['detail']).toBe(
      'tls.upstream.ca_file: there is ca beside it',
    )
  })

  test('are the bodies of faults, text or not, and of their outcomes', async () => {
    await ask('POST', ALL, off({ protocol: 'http' }))
    const outcomes = [{ weight: 1, body_file: 'page.bin' }, { weight: 1 }]
    const fault = { type: 'http_error', status: 503, body_file: 'page.html', outcomes }
    const { status, location } = await ask('POST', `${ALL}/p/faults`, fault)
    expect(status).toBe(201)
    expect(errorPlan().params).toMatchObject({ body: '<h1>Sorry é</h1>' })
    expect(errorPlan().outcomes?.map(({ params }) => params)).toEqual([
      { status: 503, body_base64: '/wAB', forward: 'never' },
      { status: 503, body: '<h1>Sorry é</h1>', forward: 'never' },
    ])
    expect((await ask('PATCH', String(location), { body_file: 'page.bin', outcomes: null })).status).toBe(200)
    expect(errorPlan().params).toEqual({ status: 503, body_base64: '/wAB', forward: 'never' })
    expect((await ask('PATCH', String(location), { body_file: '../secret.pem' })).body).toMatchObject({
      field: 'body_file',
    })
    expect((await ask('POST', `${ALL}/p/faults`, { type: 'noop', body_file: 'page.html' })).body).toMatchObject({
      field: 'body_file',
      detail: expect.stringContaining('noop has no such parameter') as string,
    })
  })

  test('are not larger than a request, all outcomes together', async () => {
    await writeFile(join(files, 'half'), 'x'.repeat(600_000))
    await ask('POST', ALL, off({ protocol: 'http' }))
    const { status, body } = await ask('POST', `${ALL}/p/faults`, naming(2, 'half'))
    expect({ status, field: body['field'], detail: body['detail'] }).toEqual({
      status: 400,
      field: 'outcomes[1].body_file',
      detail: 'outcomes[1].body_file: it has 600000 bytes, and 448576 may be read',
    })
    // Not read at all: there are more than may be.
    expect(await ask('POST', `${ALL}/p/faults`, naming(5000, 'none'))).toMatchObject({
      status: 400,
      body: { field: 'outcomes' },
    })
    expect((await ask('POST', `${ALL}/p/faults`, naming(100, 'page.html'))).status).toBe(201)
  })

  test('are not read unless the server was started with a directory', async () => {
    start({})
    const { body } = await ask('POST', ALL, off({ tls: { upstream: { ca_file: 'cert.pem' } } }))
    expect(body).toMatchObject({
      field: 'tls.upstream.ca_file',
      detail:
        'tls.upstream.ca_file: this server reads no files; it does when it is started with --files DIR. The command line reads files itself and sends what is in them',
    })
    await ask('POST', ALL, off({ protocol: 'http' }))
    expect(
      (await ask('POST', `${ALL}/p/faults`, { type: 'http_error', status: 500, body_file: 'x' })).body,
    ).toMatchObject({ field: 'body_file' })
  })
})

describe('is refused', () => {
  test.each<[Json, string, string]>([
    [{ name: undefined }, 'name', 'missing required field: name'],
    [{ upstream: undefined }, 'upstream', 'missing required field: upstream'],
    [{ name: 'half \ud800' }, 'name', 'name: expected a text without halves of surrogate pairs'],
    [{ name: '..' }, 'name', 'which a URL cannot name'],
    [{ name: 5 }, 'name', 'name: expected a text'],
    [{ enabled: 'yes' }, 'enabled', 'enabled: expected true or false, got "yes"'],
    [{ protocol: 'udp' }, 'protocol', 'protocol: expected tcp or http, got "udp"'],
    [{ protcol: 'http' }, 'protcol', 'protcol: there is no such field; did you mean "protocol"?'],
    [{ faults: [{ type: 'noop' }] }, 'faults', 'faults: faults are written one by one'],
    [{ http: { tell: true } }, 'http.tell', 'http.tell: the proxy has protocol tcp'],
    [{ protocol: 'http', http: { tel: true } }, 'http.tel', 'http.tel: there is no such field; did you mean "tell"?'],
    [{ protocol: 'http', http: { host: 'a b' } }, 'http.host', 'http.host: expected preserve, upstream, or a host'],
    [{ protocol: 'http', http: { host: 'a\r\nx: y' } }, 'http.host', 'http.host: expected preserve'],
    [
      { protocol: 'http', http: { max_head: 10 } },
      'http.max_head',
      'http.max_head: expected bytes, or a size, of 1024',
    ],
    [
      { protocol: 'http', http: { max_headers: 0 } },
      'http.max_headers',
      'http.max_headers: expected a whole number of 1',
    ],
    [{ protocol: 'http', http: [] }, 'http', 'http: expected an object with lenient, host,'],
    [{ proxy_protocol: { send: 'v3' } }, 'proxy_protocol.send', 'proxy_protocol.send: expected v1 or v2, got "v3"'],
    [{ upstream: 'http://h', protocol: 'tcp' }, 'protocol', 'protocol: the upstream is the URL "http://h"'],
    [{ upstream: 'http://h', tls: { upstream: {} } }, 'tls.upstream', 'tls.upstream: TLS is for an upstream https://'],
    [{ upstream: 'http://h/api' }, 'upstream', 'upstream: a URL of an upstream has no path: requests keep their own'],
    [{ upstream: 'http://' }, 'upstream', 'upstream: there is no host in this URL'],
    [{ upstream: 'https://h:70000' }, 'upstream', 'upstream: the port of this URL is not one of 1 to 65535'],
    [{ upstream: 'https://h:x' }, 'upstream', 'upstream: there is no host in this URL, or something else than a port'],
    [{ upstream: 'redis://h' }, 'upstream', 'write host:port, for example "h:6379"'],
    [JSON.parse('{"__proto__": 1}') as Json, '__proto__', '__proto__: there is no such field'],
  ])('%j', async (fields, field, detail) => {
    const { status, body } = await ask('POST', ALL, off(fields))
    expect({ status, field: body['field'] }).toEqual({ status: 400, field })
    expect(body['detail']).toContain(detail)
    expect(control.proxies()).toEqual([])
  })

  test('a password in a URL, which is not repeated', async () => {
    const { status, text } = await ask('POST', ALL, off({ upstream: 'https://me:hunter2@h' }))
    expect(status).toBe(400)
    expect(text).toContain('a URL of an upstream has no user')
    expect(text).not.toContain('hunter2')
  })

  test('another name, and a name that is taken', async () => {
    await ask('POST', ALL, off({}))
    expect(await ask('PATCH', `${ALL}/p`, { name: 'q' })).toMatchObject({ status: 400, body: { field: 'name' } })
    expect(await ask('POST', ALL, off({}))).toMatchObject({ status: 409, body: { code: 'proxy_exists' } })
  })

  test('a URL by Toxiproxy’s routes, as ever', async () => {
    expect(await ask('POST', '/proxies', off({ upstream: 'http://h' }))).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('write host:port, for example "h:80"') as string },
    })
  })
})
