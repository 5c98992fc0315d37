import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkedBytes } from '../../test/support/checked-stream.ts'
import { thisMoment } from '../watch/ledger.ts'
import { checkedStream, type StreamPlan } from './checked.ts'
import type { Client, Context } from './client.ts'

type Manner = (context: Context) => Omit<StreamPlan, 'port' | 'seed' | 'patience'>

/** A client that sends one checked stream after the other. */
function streams(name: string, manner: Manner): Client {
  return async (context, enough) => {
    const { place, tally, ledger, chance, patience } = context
    for (let number = 0; !enough.aborted; number++) {
      const seed = context.seed + number
      const plan = { ...manner(context), port: place.port, seed, patience }
      const { bytes, since, port, problem, impatient } = await checkedStream(plan, enough)
      tally.count(`${name} streams`)
      tally.count('checked bytes', bytes)
      if (problem !== undefined) {
        ledger.report({ proxy: place.name, port, since, what: `${name} stream ${seed}: ${problem}`, impatient })
        await sleep(chance.whole(50, 400))
      }
    }
  }
}

/** As fast as it may, now and then: some hundred KB a second on average, so that this program does not become the bottleneck. */
export const steady = streams('steady', ({ chance }) => ({
  bytes: chance.magnitude(20_000_000),
  piece: () => chance.magnitude(150_000),
  pause: () => chance.whole(1, 60),
  readPause: () => (chance.happens(0.01) ? chance.whole(1, 500) : 0),
}))

/** Sends a lot, and reads little: what waits has to wait somewhere, and not in the proxy. */
export const slowReader = streams('slow reader', ({ chance }) => ({
  bytes: 30_000_000,
  piece: () => 65_536,
  pause: () => 0,
  readPause: () => chance.whole(100, 400),
}))

/** A byte a second. */
export const dripper = streams('byte-a-second', ({ chance }) => ({
  bytes: chance.whole(10, 60),
  piece: () => 1,
  pause: () => 1000,
}))

/** Says little, and then nothing for long. */
export const idler = streams('idle', ({ chance }) => ({
  bytes: 16 * chance.whole(2, 20),
  piece: () => 16,
  pause: () => chance.whole(3000, 15_000),
}))

/** Comes, and goes: after its answer, before it, in order, or by a reset. */
export const churner: Client = async ({ place, tally, ledger, chance, seed, patience }, enough) => {
  for (let number = 0; !enough.aborted; number++) {
    await sleep(chance.pause(60), undefined, { signal: enough }).catch(() => {})
    if (chance.happens(0.7)) {
      const bytes = chance.magnitude(5000)
      const plan = { port: place.port, seed: seed + number, bytes, piece: () => bytes, pause: () => 0, patience }
      const { since, port, problem, impatient } = await checkedStream(plan, new AbortController().signal)
      tally.count('connections that came and went')
      tally.count('checked bytes', bytes)
      if (problem === undefined) continue
      ledger.report({ proxy: place.name, port, since, what: `connection ${seed + number}: ${problem}`, impatient })
    } else {
      await comeAndVanish(place.port, chance.happens(0.5), chance.whole(0, 20), () => {
        const since = thisMoment()
        return (what) => ledger.report({ proxy: place.name, port: undefined, since, what })
      })
      tally.count('connections that vanished')
    }
  }
}

/** Leaves without a word, at some point; only that it cannot come is a loss. */
async function comeAndVanish(
  port: number,
  byReset: boolean,
  stays: number,
  begins: () => (what: string) => void,
): Promise<void> {
  const lost = begins()
  const socket = connect({ port, host: '127.0.0.1' })
  let refused: string | undefined
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') refused = error.code
  })
  socket.write(checkedBytes(1, 0, 100))
  await Promise.race([once(socket, 'connect').catch(() => {}), once(socket, 'close').catch(() => {})])
  if (refused !== undefined) {
    lost(refused)
    return
  }
  await sleep(stays)
  if (byReset) socket.resetAndDestroy()
  else socket.destroy()
  if (!socket.closed) await once(socket, 'close').catch(() => {})
}
