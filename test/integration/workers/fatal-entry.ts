import { parentPort } from 'node:worker_threads'
import { serveThread } from '../../../src/engine/workers/serve-thread.ts'
import { faultFactory } from '../../../src/faults/index.ts'

/** A change that has this for the name of a fault is the death of every thread that carries it out, and with this other one none can. */
parentPort?.on('message', (message: object) => {
  if ('call' in message && JSON.stringify(message).includes('"name":"fatal"')) throw new Error('dies of it')
})
serveThread({
  ...faultFactory,
  door: (plan, context, previous) => {
    if (plan.name === 'impossible') throw new Error('cannot be done')
    return faultFactory.door(plan, context, previous)
  },
})
