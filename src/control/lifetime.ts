import type { Clock } from '../core/clock.ts'
import { defined } from '../core/defined.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { Lifetime } from './records.ts'

/** How long faults and activations may stay, milliseconds; what the operator of a shared environment decides. */
export interface LifetimePolicy {
  /** For those that say nothing. Default: `maxTtl`, or that they stay. */
  readonly defaultTtl?: number
  /** Default: without bound. */
  readonly maxTtl?: number
  /** What says nothing, and has no default, is refused. Default: false. */
  readonly requireTtl?: boolean
}

export interface Wanted {
  readonly ttl?: number | undefined
  readonly lease?: number | undefined
}

/**
 * @returns `undefined`: it stays until it is removed.
 * @throws FoulweatherError `invalid_value`, `ttl_required`.
 */
export function lifetimeOf({ ttl, lease }: Wanted, policy: LifetimePolicy, clock: Clock): Lifetime | undefined {
  const { maxTtl, defaultTtl = maxTtl, requireTtl = false } = policy
  refuseLonger('ttl', ttl, maxTtl)
  refuseLonger('lease', lease, maxTtl)
  // A lease alone could be renewed for ever: the bound holds for it too. Whoever has to renew needs no other default.
  const lasts = ttl ?? (lease === undefined ? defaultTtl : maxTtl)
  if (requireTtl && lasts === undefined && lease === undefined) {
    const text =
      'ttl is missing: what works here has to end by itself (--require-ttl); expected a ttl such as "10m", or a lease'
    throw new FoulweatherError('ttl_required', text, { field: 'ttl', expected: 'a ttl such as "10m", or a lease' })
  }
  if (lasts === undefined && lease === undefined) return undefined
  const ttlUntil = lasts === undefined ? undefined : clock.now() + lasts
  return { ...defined({ ttl: lasts, lease, ttlUntil }), ...endOf({ ttlUntil, lease }, clock) }
}

/** The same with a lease that begins anew; `undefined`: it has none. */
export function renewed(lifetime: Lifetime | undefined, clock: Clock): Lifetime | undefined {
  if (lifetime?.lease === undefined) return undefined
  const { ttlUntil, lease } = lifetime
  return { ...lifetime, ...endOf({ ttlUntil, lease }, clock) }
}

/** Why something is over that is over now. */
export function endedBy({ ttlUntil }: Lifetime, clock: Clock): 'ttl' | 'lease' {
  return ttlUntil !== undefined && ttlUntil <= clock.now() ? 'ttl' : 'lease'
}

function endOf(
  { ttlUntil = Infinity, lease = Infinity }: { ttlUntil: number | undefined; lease: number | undefined },
  clock: Clock,
): Pick<Lifetime, 'until' | 'expires'> {
  const until = Math.min(ttlUntil, clock.now() + lease)
  return { until, expires: Date.now() + (until - clock.now()) }
}

function refuseLonger(field: string, value: number | undefined, most: number | undefined): void {
  if (value === undefined || most === undefined || value <= most) return
  const expected = `at most ${most} ms (--max-ttl)`
  throw new FoulweatherError('invalid_value', `${field}: expected ${expected}, got ${value} ms`, {
    field,
    value,
    expected,
  })
}
