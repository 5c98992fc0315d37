import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:https'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAuthorityIn, defaultAuthorityDirectory, readAuthority } from '../../../src/control/authority.ts'
import { Authority } from '../../../src/engine/tls/authority.ts'
import { runHere } from '../../support/cli-context.ts'
import { run } from '../../support/cli-process.ts'

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'foulweather-'))
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

test('init makes an authority that only its owner can use, and never overwrites one', async () => {
  const env = { XDG_CONFIG_HOME: join(home, 'settings') }
  const directory = join(home, 'settings', 'foulweather', 'ca')
  const { code, stdout, stderr } = await run(['ca', 'init'], env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const cert = await readFile(join(directory, 'ca.pem'), 'utf8')
  const certificate = new X509Certificate(cert)
  expect(certificate.ca).toBe(true)
  expect(stdout.split('\n')).toEqual([
    `Certificate: ${join(directory, 'ca.pem')}`,
    `Key:         ${join(directory, 'ca-key.pem')} (keep it)`,
    `SHA-256:     ${certificate.fingerprint256}`,
    '',
  ])
  expect((await stat(join(directory, 'ca-key.pem'))).mode & 0o777).toBe(0o600)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  const again = await run(['ca', 'init'], env)
  expect(again).toEqual({
    code: 1,
    stdout: '',
    stderr: `foulweather: the local authority cannot be used: ${join(directory, 'ca-key.pem')}: there is one already, which is never overwritten; expected a directory without one\n`,
  })
  expect(await readFile(join(directory, 'ca.pem'), 'utf8')).toBe(cert)
})

test('a certificate that is there alone is not overwritten either, and no key is left behind', async () => {
  await writeFile(join(home, 'ca.pem'), 'precious')
  const { code, stderr } = await runHere(['ca', 'init', '--dir', home])
  expect(code).toBe(1)
  expect(stderr).toContain(`${join(home, 'ca.pem')}: there is one already`)
  expect(await readFile(join(home, 'ca.pem'), 'utf8')).toBe('precious')
  await expect(stat(join(home, 'ca-key.pem'))).rejects.toThrow('ENOENT')
})

test('init says what it has made as JSON', async () => {
  const { stdout } = await runHere(['ca', 'init', '--dir', home, '--json'])
  const { subject, validTo, fingerprint256 } = new X509Certificate(await readFile(join(home, 'ca.pem'), 'utf8'))
  expect(JSON.parse(stdout)).toEqual({
    certificate: join(home, 'ca.pem'),
    key: join(home, 'ca-key.pem'),
    subject,
    valid_to: new Date(validTo).toISOString(),
    fingerprint: fingerprint256,
  })
})

test('export gives the certificate alone, as text or as a binary file', async () => {
  await runHere(['ca', 'init', '--dir', home])
  const pem = await readFile(join(home, 'ca.pem'), 'utf8')
  const { code, stdout } = await runHere(['ca', 'export', '--dir', home])
  expect([code, stdout]).toEqual([0, pem])
  expect(stdout).not.toContain('PRIVATE')
  for (const format of ['pem', 'der']) {
    const out = join(home, `out.${format}`)
    expect(await runHere(['ca', 'export', '--dir', home, '--format', format, '--out', out])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(new X509Certificate(await readFile(out)).fingerprint256).toBe(new X509Certificate(pem).fingerprint256)
  }
  expect(await runHere(['ca', 'export', '--dir', home, '--format', 'der'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'foulweather: ca export: --format der is binary; say with --out FILE where it shall go\n',
  })
  expect((await runHere(['ca', 'export', '--dir', home, '--out', join(home, 'no', 'file')])).stderr).toMatch(/ENOENT/)
  expect((await runHere(['ca', 'export', '--dir', home, '--format', 'p12'])).code).toBe(2)
})

test('trust-hint has the path, fit for a shell, for every kind of client', async () => {
  const directory = join(home, "it's here")
  await runHere(['ca', 'init', '--dir', directory])
  const { code, stdout } = await runHere(['ca', 'trust-hint', '--dir', directory])
  expect(code).toBe(0)
  for (const word of [
    'curl --cacert',
    'NODE_EXTRA_CA_CERTS=',
    'update-ca-certificates',
    'update-ca-trust',
    'security add-trusted-cert',
    'Firefox',
  ]) {
    expect(stdout).toContain(word)
  }
  const { fingerprint256 } = new X509Certificate(await readFile(join(directory, 'ca.pem'), 'utf8'))
  expect(stdout).toContain(fingerprint256)
  expect(stdout).toContain(String.raw`curl --cacert '${home}/it'\''s here/ca.pem' https`)
  expect(stdout).not.toContain('ca-key.pem')
})

test('what curl and Node are told works', async () => {
  await runHere(['ca', 'init', '--dir', home])
  const authority = readAuthority(home)
  const server = createServer(await new Authority(authority).certificate(['localhost']), (_, answer) =>
    answer.end('fine'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`
  const { stdout: hints } = await runHere(['ca', 'trust-hint', '--dir', home])
  const path = /NODE_EXTRA_CA_CERTS=(\S+) node/.exec(hints)?.[1] ?? ''
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const exec = promisify(execFile)
  try {
    await expect(exec('curl', ['-sS', url])).rejects.toMatchObject({ code: 60 })
    expect((await exec('curl', ['-sS', '--cacert', path, url])).stdout).toBe('fine')
    const script = `fetch(${JSON.stringify(url)}).then((a) => a.text()).then(console.log)`
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: path }
    expect((await exec(process.execPath, ['-e', script], { env })).stdout).toBe('fine\n')
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test.each([['export'], ['trust-hint']])('%s says so where there is no authority', async (command) => {
  expect(await runHere(['ca', command], { env: { HOME: home } })).toEqual({
    code: 1,
    stdout: '',
    stderr: `foulweather: there is no authority in ${join(home, '.config/foulweather/ca')}; make one with: foulweather ca init\n`,
  })
})

test('the default directory is where users keep their settings', () => {
  expect(defaultAuthorityDirectory({ XDG_CONFIG_HOME: '/settings', HOME: '/home/me' })).toBe('/settings/foulweather/ca')
  for (const useless of ['', 'not/absolute']) {
    expect(defaultAuthorityDirectory({ XDG_CONFIG_HOME: useless, HOME: '/home/me' })).toBe(
      '/home/me/.config/foulweather/ca',
    )
  }
})

test('an authority that is not whole, or none, is refused with its reason, and never with its key', async () => {
  expect(readAuthority(home)).toBeUndefined()
  const { cert, key } = await createAuthorityIn(home)
  expect(readAuthority(home)).toEqual({ cert, key })
  const [certFile, keyFile] = [join(home, 'ca.pem'), join(home, 'ca-key.pem')]
  const other = await createAuthorityIn(join(home, 'other'))
  const leaf = await new Authority({ cert, key }).certificate(['a.test'])
  for (const [certText, keyText, reason] of [
    [cert, other.key, /it does not belong to the certificate/],
    [leaf.cert, leaf.key, /it is not the certificate of an authority/],
    ['nothing', key, /there is no certificate in it/],
    [cert, 'nothing', /no private key that can be read/],
  ] as const) {
    await writeFile(certFile, certText)
    await writeFile(keyFile, keyText)
    expect(() => readAuthority(home)).toThrow(reason)
  }
  await rm(certFile)
  expect(() => readAuthority(home)).toThrow(`${certFile}: it is missing`)
  await chmod(keyFile, 0o600)
})
