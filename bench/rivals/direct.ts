import type { Rival } from './rival.ts'

/** No proxy at all: what the load generators and the loopback can do. The ceiling of every rate. */
export const direct: Rival = {
  name: 'direct',
  summary: 'no proxy: the load generators and the loopback alone',
  protocol: 'tcp',
  faults: false,
  locate: async () => ({ found: true, version: '' }),
  start: async (upstream) => ({ port: upstream, [Symbol.asyncDispose]: async () => {} }),
}
