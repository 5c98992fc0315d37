import type { Rival } from './rival.ts'
import { locatePackage, startNode } from './start.ts'

export const undici: Rival = {
  name: 'undici',
  summary: 'a server of node:http that asks the upstream by undici’s `dispatch`; HTTP only',
  protocol: 'http',
  slow: true,
  faults: false,
  locate: () => locatePackage('undici'),
  start: (upstream) => startNode('programs/undici.ts', upstream),
}
