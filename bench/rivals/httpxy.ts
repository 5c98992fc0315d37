import type { Rival } from './rival.ts'
import { locatePackage, startNode } from './start.ts'

export const httpxy: Rival = {
  name: 'httpxy',
  summary: 'the httpxy package on keep-alive connections; HTTP only',
  protocol: 'http',
  slow: true,
  faults: false,
  locate: () => locatePackage('httpxy'),
  start: (upstream) => startNode('programs/httpxy.ts', upstream),
}
