import type { VarValue } from '../profiles/document.ts'
import type { Caller, CallOptions, ChangeOptions } from './caller.ts'
import { segment } from './transport.ts'
import type { Profile, ReloadResult } from './views.ts'

/** A profile as it is written: its text in YAML or JSON, or its fields. docs/profiles.md says what may stand in it. */
export type ProfileDocument = string | Readonly<Record<string, unknown>>

export type ProfileVars = Readonly<Record<string, VarValue>>

/** What is not said is as the profile has it. */
export interface ActivationInput {
  /** Milliseconds, or a text such as `10m`: it is deactivated by itself after so long. */
  readonly ttl?: number | string | null | undefined
  /** It is deactivated by itself unless it is renewed within so long. */
  readonly lease?: number | string | null | undefined
  /** What its variables stand for. */
  readonly vars?: ProfileVars | null | undefined
}

const PATH = '/v1/profiles'

/** The profiles of a server, call by call. `FoulweatherClient.activate` is for those that are to be deactivated again. */
export class ProfilesClient {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  /** In the order of their names. */
  async list(options?: CallOptions): Promise<readonly Profile[]> {
    const { profiles } = await this.#caller.json('profiles', 'GET', PATH, options)
    return profiles
  }

  get(name: string, options?: CallOptions): Promise<Profile> {
    return this.#caller.json('profile', 'GET', `${this.#one(name)}?format=json`, options)
  }

  /** As it was written. */
  text(name: string, options?: CallOptions): Promise<string> {
    return this.#caller.text('GET', `${this.#one(name)}?format=text`, options)
  }

  /** One that is active is brought in step with it. */
  put(name: string, document: ProfileDocument, options?: ChangeOptions): Promise<Profile> {
    return this.#caller.json('profile', 'PUT', this.#one(name), options, document)
  }

  /** It is deactivated first. */
  async delete(name: string, options?: ChangeOptions): Promise<void> {
    await this.#caller.text('DELETE', this.#one(name), options)
  }

  /** One that is active is brought in step with what is said now, and its time begins anew. */
  activate(name: string, activation: ActivationInput = {}, options?: ChangeOptions): Promise<Profile> {
    return this.#caller.json('profile', 'POST', `${this.#one(name)}/activate`, options, activation)
  }

  /** Nothing is done where it is not active. */
  deactivate(name: string, options?: ChangeOptions): Promise<Profile> {
    return this.#caller.json('profile', 'POST', `${this.#one(name)}/deactivate`, options)
  }

  /** The lease of its activation begins anew. */
  renew(name: string, options?: CallOptions): Promise<Profile> {
    return this.#caller.json('profile', 'POST', `${this.#one(name)}/renew`, options)
  }

  /** Reads the files anew, as SIGHUP does. */
  reload(options?: CallOptions): Promise<ReloadResult> {
    return this.#caller.json('reload', 'POST', `${PATH}/reload`, options)
  }

  #one(name: string): string {
    return `${PATH}/${segment(name)}`
  }
}
