import { AdminApi } from './admin-api.ts'
import { Caller, type CallOptions, type ClientOptions } from './caller.ts'
import { holdFault, type LeasedFault } from './fault-handle.ts'
import type { FaultOf, FaultType } from './fault-input.ts'
import { holdProfile, type LeasedProfile } from './profile-handle.ts'
import type { ActivationInput } from './profiles.ts'

/**
 * The admin API of a server that runs somewhere: everything under `/v1`, typed. Every call rejects with a FoulweatherApiError where the server
 * refuses, and with a FoulweatherError `unreachable` where it does not answer. Nothing of it keeps the process alive but calls that are under way.
 */
export class FoulweatherClient extends AdminApi {
  /** @throws FoulweatherError `invalid_value`: the `url` is none. */
  constructor(options: ClientOptions = {}) {
    super(new Caller(options, 'Start `foulweather serve`, or give the client the `url` of where it runs.'))
  }

  /**
   * Adds a fault for as long as this process wants it. Unless the fault says otherwise it has a name of its own, and a lease of 30 s that is renewed until
   * the fault is removed: a process that dies takes its faults with it. `lease: null` has it stay.
   */
  fault<Type extends FaultType>(
    proxy: string,
    fault: FaultOf<Type>,
    options: CallOptions = {},
  ): Promise<LeasedFault<Type>> {
    return holdFault(this.faults(proxy), fault, options)
  }

  /** Runs `body` while the fault is there, and removes it whatever becomes of that. What goes wrong in `body` is what is thrown. */
  async withFault<Type extends FaultType, Result>(
    proxy: string,
    fault: FaultOf<Type>,
    body: (fault: LeasedFault<Type>) => Result | PromiseLike<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    await using held = await this.fault(proxy, fault, options)
    return await body(held)
  }

  /** Activates a profile for as long as this process wants it, with a lease as `fault` has one. */
  activate(name: string, activation: ActivationInput = {}, options: CallOptions = {}): Promise<LeasedProfile> {
    return holdProfile(this.profiles, name, activation, options)
  }

  /** Runs `body` while the profile is active, and deactivates it whatever becomes of that. */
  async withProfile<Result>(
    name: string,
    activation: ActivationInput,
    body: (profile: LeasedProfile) => Result | PromiseLike<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    await using held = await this.activate(name, activation, options)
    return await body(held)
  }
}
