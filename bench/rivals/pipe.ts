import type { Rival } from './rival.ts'
import { startNode } from './start.ts'

export const pipe: Rival = {
  name: 'pipe',
  summary: 'a Node process with `a.pipe(b); b.pipe(a)`: what a proxy in Node costs by default',
  protocol: 'tcp',
  faults: false,
  locate: async () => ({ found: true, version: process.versions.node }),
  start: (upstream) => startNode('programs/pipe.ts', upstream),
}
