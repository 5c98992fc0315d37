import { createRequire } from 'node:module'
import type { Rival } from './rival.ts'
import { startNode } from './start.ts'

export const httpProxy: Rival = {
  name: 'http-proxy',
  summary: 'the http-proxy package on keep-alive connections; HTTP only',
  protocol: 'http',
  faults: false,
  async locate() {
    try {
      const { version } = createRequire(import.meta.url)('http-proxy/package.json') as { version: string }
      return { found: true, version }
    } catch {
      return { found: false, reason: 'the package http-proxy is not installed (npm ci)' }
    }
  },
  start: (upstream) => startNode('programs/http-proxy.ts', upstream),
}
