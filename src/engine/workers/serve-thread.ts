import { parentPort, workerData } from 'node:worker_threads'
import type { FaultFactory } from '../../core/fault-factory.ts'
import { createLocalDataPlane, type NudgedDataPlane } from '../local-data-plane.ts'
import { createReplay } from '../replay.ts'
import { createShared, type SharedSharing } from '../sharing/shared.ts'
import type { Beginning, Call, Calls, CallName, FromThread, ToThread } from './messages.ts'
import { outcomeToWire } from './outcomes.ts'
import { Teller } from './teller.ts'
import { clockLike } from './thread-clock.ts'

/** What a worker thread does: a data plane of its own, at the orders of the main thread. To be called once, in that thread. */
export function serveThread(factory: FaultFactory): void {
  const port = parentPort
  if (port === null) throw new Error('only a worker thread can serve the main thread')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- WorkerThread makes it
  const { thread, options, replay, memory, clockOffset } = workerData as Beginning
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
  const send = (message: FromThread): void => port.postMessage(message)

  const sharing = createShared(memory, thread, (nudge) => send({ nudge }))
  const followed = replay === undefined ? {} : { replay: createReplay(replay) }
  const dataPlane = createLocalDataPlane({
    ...options,
    ...followed,
    factory,
    sharing,
    clock: clockLike(clockOffset),
  })
  const teller = new Teller(dataPlane.events, (told) => send({ told }))

  port.on('message', (message: ToThread) => {
    if ('nudge' in message) dataPlane.nudged(message.nudge)
    else if ('watch' in message) teller.watch(message.watch)
    else void answer(message, { dataPlane, sharing, teller, send })
  })
  send('ready')
}

interface Parts {
  readonly dataPlane: NudgedDataPlane
  readonly sharing: SharedSharing
  readonly teller: Teller
  readonly send: (message: FromThread) => void
}

async function answer(call: Call, parts: Parts): Promise<void> {
  const { send, teller } = parts
  try {
    // What takes effect at once has done so before this waits: the next message may rely on it.
    const answered = await carryOut(call, parts)
    // Nobody listens any more once it is known to be closed.
    if (call.call === 'close') teller.flush()
    send({ id: call.id, answer: answered })
  } catch (error) {
    send({ id: call.id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

type Answer = Calls[CallName]['answers']

function carryOut(call: Call, { dataPlane, sharing }: Parts): Answer | Promise<Answer> {
  switch (call.call) {
    case 'apply': {
      const [change, shares] = call.asks
      sharing.take(shares)
      return dataPlane.apply(change).then((outcomes) => outcomes.map(outcomeToWire))
    }
    case 'clearFaults':
      dataPlane.clearFaults()
      return null
    case 'snapshot':
      return dataPlane.snapshot(...call.asks)
    case 'sessions':
      return dataPlane.sessions(...call.asks)
    case 'decisions':
      return dataPlane.decisions(...call.asks)
    case 'exchanges':
      return dataPlane.exchanges(...call.asks)
    case 'kill':
      return dataPlane.kill(...call.asks)
    default:
      return dataPlane.close().then(() => null)
  }
}
