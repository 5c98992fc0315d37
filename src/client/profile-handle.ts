import type { ErrorCode } from '../core/errors.ts'
import type { CallOptions } from './caller.ts'
import { DEFAULT_LEASE } from './fault-handle.ts'
import { clientClock, Held } from './held.ts'
import type { ActivationInput, ProfilesClient } from './profiles.ts'
import type { Profile } from './views.ts'

/** A profile that was activated, for whoever did that. Disposal deactivates it. */
export interface ProfileHandle extends AsyncDisposable {
  readonly name: string
  status(): Promise<Profile>
  /** That it is not active any more, or gone, is fine. */
  deactivate(): Promise<void>
}

/** An activation that is over by itself when this process is: it has a lease that is renewed as long as the process lives. */
export interface LeasedProfile extends ProfileHandle {
  /** Aborted when the activation is lost: somebody has ended it, or it could not be renewed in time. Not when `deactivate` does so. */
  readonly signal: AbortSignal
  /** Answers why, when it is lost; does not answer otherwise. It never rejects. */
  readonly lost: Promise<Error>
}

const GONE: ReadonlySet<ErrorCode> = new Set(['profile_not_found'])

/** Activates a profile, with a lease unless that is `null`. */
export async function holdProfile(
  profiles: ProfilesClient,
  name: string,
  { lease = DEFAULT_LEASE, ttl, vars }: ActivationInput,
  options: CallOptions,
): Promise<LeasedProfile> {
  const asked = clientClock.now()
  const view = await profiles.activate(name, { ttl, lease, vars }, options)
  const { reason } = options
  const held = new Held({
    what: `activation of profile ${name}`,
    renew: async (timeoutMs) => (await profiles.renew(name, { reason, timeoutMs })).lease,
    end: () => profiles.deactivate(name, { reason }),
    goneCodes: GONE,
  })
  held.keep(view.lease, asked)
  return {
    name,
    signal: held.signal,
    lost: held.lost,
    status: () => profiles.get(name),
    deactivate: () => held.end(),
    [Symbol.asyncDispose]: () => held.release(),
  }
}
