import type { By } from '../control/by.ts'
import type { HaltResult } from '../control/profiles/types.ts'
import type { ActivationInput, ProfileDocument } from '../client/profiles.ts'
import { defined } from '../core/defined.ts'
import { type RunningServer, type ServerOptions, startServer } from '../server.ts'
import { workersHere } from '../worker-count.ts'
import { countingNames } from './names.ts'
import { type OwnProfile, putProfile } from './profile.ts'
import { addProxy, type OwnProxy, type OwnProxyInput } from './proxy.ts'

export interface ProfileOptions {
  /** Default: `profile-1`, `profile-2`, … */
  readonly name?: string
  /** Whether it is put in force at once, and how. Default: false. */
  readonly activate?: boolean | ActivationInput
}

/** Everything that runs in this process, with handles for what a test wants of it. Disposal closes it all. */
export interface Foulweather extends RunningServer {
  /**
   * A new proxy. Without an address it listens on a free port of 127.0.0.1.
   *
   * @throws FoulweatherError `missing_field`, `invalid_value`, `proxy_exists`, `listen_failed`; Error: it has been closed.
   */
  proxy(input: OwnProxyInput): Promise<OwnProxy>
  /**
   * Takes a profile: its text in YAML or JSON, or its fields.
   *
   * @throws FoulweatherError `invalid_profile`, `profile_conflict`, `halted`, `listen_failed`; Error: it has been closed.
   */
  profile(document: ProfileDocument, options?: ProfileOptions): Promise<OwnProfile>
  /** Removes every fault, deactivates all profiles, and takes no faults until `resume`. Proxies go on relaying. @param reason for the record. */
  halt(reason?: string): Promise<HaltResult>
  /** Faults are taken again; none comes back by itself. */
  resume(reason?: string): void
}

/** As the record calls whoever calls the functions of this process. */
const ACTOR = 'library'

/**
 * Foulweather in this process, without a server of its own: there is an admin API only if `admin` says so.
 *
 * @throws FoulweatherError as `options` have it; everything is closed again then.
 */
export async function createFoulweather(options: ServerOptions = {}): Promise<Foulweather> {
  const { workers, logger } = options
  const server = await startServer({
    ...options,
    ...(workers === undefined ? {} : { workers: workersHere(workers, logger) }),
  })
  const { control } = server
  const nameOf = countingNames()
  const isProxy = (name: string): boolean => control.proxies().some((proxy) => proxy.name === name)
  const isProfile = (name: string): boolean => control.profiles.list().some((profile) => profile.name === name)
  let closed = false
  const close = (): Promise<void> => {
    closed = true
    return server.close()
  }
  // The control plane would take it, and nothing would listen: a test that forgot to await something looks for that for a long time.
  const refuseIfClosed = (): void => {
    if (closed) throw new Error('this Foulweather has been closed: make a new one with createFoulweather()')
  }
  return {
    ...server,
    close,
    [Symbol.asyncDispose]: close,
    proxy: async (input) => {
      refuseIfClosed()
      return await addProxy(control, { ...input, name: input.name ?? nameOf('proxy', isProxy) }, by())
    },
    profile: async (document, { name = nameOf('profile', isProfile), activate = false } = {}) => {
      refuseIfClosed()
      const profile = await putProfile(control, name, document, by())
      if (activate === false) return profile
      try {
        await profile.activate(activate === true ? {} : activate)
        return profile
      } catch (error) {
        await profile.delete()
        throw error
      }
    },
    halt: (reason) => control.halt(by(reason)),
    resume: (reason) => control.resume(by(reason)),
  }
}

function by(reason?: string): By {
  return { actor: ACTOR, ...defined({ reason }) }
}
