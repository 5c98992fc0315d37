import { existsSync, readFileSync } from 'node:fs'
import { benchFile } from '../program.ts'
import type { Located, Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

/** What `npm ci --prefix bench/extra` installs, when MOUNTEBANK names no other. */
const installed = benchFile('extra/node_modules/.bin/mb')
const manifest = benchFile('extra/node_modules/@mbtest/mountebank/package.json')
const binary = process.env['MOUNTEBANK'] ?? installed

/** `proxyTransparent` neither records nor replays: the other modes would answer from memory, or grow with every message. */
const configuration = (port: number, upstream: number): string =>
  JSON.stringify({
    imposters: [
      {
        port,
        host: '127.0.0.1',
        protocol: 'tcp',
        mode: 'binary',
        stubs: [{ responses: [{ proxy: { to: `tcp://127.0.0.1:${upstream}`, mode: 'proxyTransparent' } }] }],
      },
    ],
  })

async function locate(): Promise<Located> {
  if (binary !== installed) return locateBinary(binary, '--version', /(\d+\.\d+\.\d+)/)
  if (!existsSync(installed)) {
    return { found: false, reason: 'MOUNTEBANK names no mb, and npm ci --prefix bench/extra was not run' }
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return { found: true, version }
}

/**
 * Its tcp proxy takes what one read brings for a request, opens a connection to the upstream for it, and takes what the first read there brings
 * for the answer. That is no relay of a stream: it is verified and measured by short messages, one at a time.
 */
export const mountebank: Rival = {
  name: 'mountebank',
  summary:
    'mountebank’s tcp proxy, where it is installed (npm ci --prefix bench/extra) or MOUNTEBANK names its mb; echo only',
  protocol: 'tcp',
  exchangesOnly: true,
  faults: false,
  slow: true,
  locate,
  start: (upstream) =>
    startConfigured(
      (port) => configuration(port, upstream),
      binary,
      (file, folder, adminPort) => ['start', '--configfile', file, ...flags(folder, adminPort)],
      '.json',
    ),
}

const flags = (folder: string, adminPort: number): readonly string[] => [
  '--noParse',
  '--host',
  '127.0.0.1',
  '--port',
  String(adminPort),
  '--nologfile',
  '--loglevel',
  'error',
  '--pidfile',
  `${folder}/mb.pid`,
]
