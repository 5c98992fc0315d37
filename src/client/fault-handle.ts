import { randomInt } from 'node:crypto'
import type { ErrorCode } from '../core/errors.ts'
import { FoulweatherApiError } from './api-error.ts'
import type { CallOptions } from './caller.ts'
import type { FaultOf, FaultPatch, FaultType } from './fault-input.ts'
import type { FaultsClient } from './faults.ts'
import { clientClock, Held } from './held.ts'
import type { Fault } from './views.ts'

/** A fault that was added, for whoever added it. Disposal removes it. */
export interface FaultHandle<Type extends FaultType = FaultType> extends AsyncDisposable {
  readonly name: string
  /** The name of the proxy. */
  readonly proxy: string
  /** Everything that is in force, its state and its counters. */
  status(): Promise<Fault>
  /** What is given takes the place of what is there, `null` takes it away. */
  update(patch: FaultPatch<Type>): Promise<Fault>
  /** That it has gone already is fine. */
  remove(): Promise<void>
}

/** A fault that goes by itself when this process does: it has a lease that is renewed as long as the process lives. */
export interface LeasedFault<Type extends FaultType = FaultType> extends FaultHandle<Type> {
  /** Aborted when the fault is lost: somebody has removed it, or it could not be renewed in time. Not when `remove` does so. */
  readonly signal: AbortSignal
  /** Answers why, when it is lost; does not answer otherwise. It never rejects. */
  readonly lost: Promise<Error>
}

/** A third of it may pass between two renewals. */
export const DEFAULT_LEASE = '30s'

const GONE: ReadonlySet<ErrorCode> = new Set(['fault_not_found', 'proxy_not_found'])

/** So often a name is made up: each is taken by a chance of one in a million. */
const MOST_NAMES = 5

/** Adds a fault under a name of its own, unless it is given one, and with a lease, unless that is `null`. */
export async function holdFault<Type extends FaultType>(
  faults: FaultsClient,
  input: FaultOf<Type>,
  options: CallOptions,
): Promise<LeasedFault<Type>> {
  const { lease = DEFAULT_LEASE } = input
  const asked = clientClock.now()
  const added = await addNamed(faults, { ...input, lease }, options)
  return new HeldFault(faults, added, asked, options)
}

async function addNamed<Type extends FaultType>(
  faults: FaultsClient,
  input: FaultOf<Type>,
  options: CallOptions,
): Promise<Fault> {
  const { name } = input
  if (name !== undefined && name !== null) return await faults.add(input, options)
  for (let names = 1; ; names++) {
    try {
      return await faults.add({ ...input, name: `${input.type}-${fourCharacters()}` }, options)
    } catch (error) {
      const isTaken = error instanceof FoulweatherApiError && error.code === 'fault_exists'
      if (!isTaken || names === MOST_NAMES) throw error
    }
  }
}

function fourCharacters(): string {
  return randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0')
}

class HeldFault<Type extends FaultType> implements LeasedFault<Type> {
  readonly name: string
  readonly proxy: string
  readonly #faults: FaultsClient
  readonly #held: Held
  readonly #options: CallOptions

  constructor(faults: FaultsClient, { name, lease }: Fault, asked: number, { reason }: CallOptions) {
    this.name = name
    this.proxy = faults.proxy
    this.#faults = faults
    this.#options = { reason }
    this.#held = new Held({
      what: `fault ${name} of ${faults.proxy}`,
      renew: async (timeoutMs) => (await faults.renew(name, { reason, timeoutMs })).lease,
      end: () => faults.remove(name, { reason }),
      goneCodes: GONE,
    })
    this.#held.keep(lease, asked)
  }

  get signal(): AbortSignal {
    return this.#held.signal
  }

  get lost(): Promise<Error> {
    return this.#held.lost
  }

  status(): Promise<Fault> {
    return this.#faults.get(this.name)
  }

  async update(patch: FaultPatch<Type>): Promise<Fault> {
    const asked = this.#held.now()
    const updated = await this.#faults.update<Type>(this.name, patch, this.#options)
    // Otherwise it is over when it would have been over.
    if (patch.lease !== undefined) this.#held.keep(updated.lease, asked)
    return updated
  }

  remove(): Promise<void> {
    return this.#held.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#held.release()
  }
}
