import type { AddressInfo } from 'node:net'
import { ControlPlane } from '../../src/control/control-plane.ts'
import type { Fields } from '../../src/control/fault-input.ts'
import type { Authority } from '../../src/control/tls-input.ts'
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'
import type { FaultDefinition } from '../../src/faults/define.ts'
import { faultFactory } from '../../src/faults/index.ts'
import type { JumpingClock } from './jumping-clock.ts'

/** Decides what is drawn on the pages. */
const SEED = 1

/** Farther than the clock jumps: that a dial takes real time is nothing to be seen. */
const DIAL_TIMEOUT_MS = 1e9

export interface RunningProxy {
  readonly port: number
  close(): Promise<void>
}

/** The proxy of the examples: with the example of the fault, added as users add it. */
export async function runProxy(
  name: string,
  { type, example }: FaultDefinition,
  fields: Fields,
  clock: JumpingClock,
  authority?: Authority,
): Promise<RunningProxy> {
  const dataPlane = createLocalDataPlane({ seed: SEED, factory: faultFactory, clock, dialTimeoutMs: DIAL_TIMEOUT_MS })
  const control = new ControlPlane({ dataPlane, seed: SEED, clock, authority: () => authority })
  const { listen } = await control.addProxy({ ...fields, name, listen: '127.0.0.1:0' })
  await control.addFault(name, { type, ...example })
  const port = Number(listen.split(':').at(-1))
  return {
    port,
    async close() {
      control.close()
      await clock.until(dataPlane.close())
    },
  }
}

let last: Promise<unknown> = Promise.resolve()

/** One run after the other: those side by side would keep each other from their sockets. */
export function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const mine = last.then(run, run)
  last = mine
  return mine
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port')
  return address.port
}
