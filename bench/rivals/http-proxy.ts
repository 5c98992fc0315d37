import type { Rival } from './rival.ts'
import { locatePackage, startNode } from './start.ts'

export const httpProxy: Rival = {
  name: 'http-proxy',
  summary: 'the http-proxy package on keep-alive connections; HTTP only',
  protocol: 'http',
  slow: true,
  faults: false,
  locate: () => locatePackage('http-proxy'),
  start: (upstream) => startNode('programs/http-proxy.ts', upstream),
}
