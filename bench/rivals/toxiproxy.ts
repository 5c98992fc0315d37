import type { Rival } from './rival.ts'
import { locateBinary, startWithAdmin } from './start.ts'

const binary = process.env['TOXIPROXY_SERVER']

export const toxiproxy: Rival = {
  name: 'toxiproxy',
  summary: 'Toxiproxy, where the environment variable TOXIPROXY_SERVER names its server binary',
  protocol: 'tcp',
  slow: true,
  faults: true,
  async locate() {
    if (binary === undefined) return { found: false, reason: 'TOXIPROXY_SERVER names no binary' }
    return locateBinary(binary, '-version', /version (\S+)/)
  },
  start: (upstream) =>
    startWithAdmin(
      binary ?? 'toxiproxy-server',
      (port) => ['-host', '127.0.0.1', '-port', String(port)],
      upstream,
      // Its image's level. Without it every chunk is traced.
      { LOG_LEVEL: 'info' },
    ),
}
