import type { Located, Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

// Written from the documents of fault 1.x (fault-project.com) and run with fault 1.2.1. What came before 1.0 has other commands.

const binary = process.env['FAULT_CLI']

/** One phase without an end and without a fault. */
const configuration = (port: number, upstream: number): string =>
  JSON.stringify({
    schema_version: 1,
    name: 'bench',
    proxies: [{ name: 'bench', protocol: 'tcp', listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstream}` }],
    phases: [{ name: 'healthy', proxies: [] }],
  })

async function locate(): Promise<Located> {
  if (binary === undefined) return { found: false, reason: 'FAULT_CLI names no binary' }
  const located = await locateBinary(binary, '--version', /^fault (\S+)/)
  if (!located.found || Number.parseInt(located.version, 10) >= 1) return located
  return { found: false, reason: `${binary} says ${located.version}: fault 1.0 or later is wanted` }
}

/** It injects faults, but not by Toxiproxy's API: here it relays without any. */
export const fault: Rival = {
  name: 'fault',
  summary: 'the proxy of fault-project.com without a fault, where FAULT_CLI names its binary',
  protocol: 'tcp',
  faults: false,
  slow: true,
  locate,
  start: (upstream) =>
    startConfigured(
      (port) => configuration(port, upstream),
      binary ?? 'fault',
      (file) => ['run', file, '--output', 'json'],
      '.json',
    ),
}
