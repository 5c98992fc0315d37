// node --expose-gc relay-heap.ts UPSTREAM: a proxy without faults. Sends its parent the port, and the bytes of its heap in use whenever that asks
// ('after' collecting the garbage, or 'now').
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../src/faults/index.ts'

const plane = createLocalDataPlane({ seed: 1, factory: faultFactory })
const [upstream = ''] = process.argv.slice(2)
const [outcome] = await plane.apply({
  put: [{ name: 'p', listen: '127.0.0.1:0', upstream, enabled: true, protocol: 'tcp', faults: [] }],
})
process.on('message', (when) => {
  if (when === 'after') globalThis.gc?.()
  process.send?.(process.memoryUsage().heapUsed)
})
process.send?.(Number(outcome?.listen.split(':').at(-1)))
