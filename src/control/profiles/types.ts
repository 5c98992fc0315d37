import type { By } from '../by.ts'
import type { Place } from '../../core/errors.ts'
import type { VarValue } from '../../profiles/document.ts'
import type { Fields } from '../fault-input.ts'

/** What an activation may say; what it does not say is as the profile has it. */
export interface Activation {
  /** Milliseconds, or a text such as `10m`. */
  readonly ttl?: number | string | undefined
  readonly lease?: number | string | undefined
  readonly vars?: Readonly<Record<string, VarValue>> | undefined
}

/** One mistake in a profile. */
export interface ProblemView extends Partial<Place> {
  readonly code: string
  readonly detail: string
  readonly field?: string
  readonly value?: unknown
  readonly expected?: string
}

/** A profile as the API and events show it. */
export interface ProfileView {
  readonly name: string
  readonly description?: string
  readonly source: { readonly kind: 'file'; readonly file: string } | { readonly kind: 'api' }
  /** `invalid` = the text has mistakes and nothing of it was ever good; what is active can have mistakes too (`problems`), and stays as it last was good. */
  readonly state: 'active' | 'inactive' | 'invalid'
  readonly revision: number
  readonly labels: Readonly<Record<string, string>>
  readonly extends: readonly string[]
  /** While it is active: what its variables stand for; otherwise their defaults, `null` where there is none. */
  readonly vars: Readonly<Record<string, VarValue | null>>
  /** Names. */
  readonly proxies: readonly string[]
  /** How many it writes. */
  readonly faults: number
  /** What is wrong with the text as it is now; empty = nothing. */
  readonly problems: readonly ProblemView[]
  readonly warnings: readonly string[]
  /** While it is active: when that began, ISO 8601. */
  readonly activated?: string
  readonly ttl?: number
  readonly lease?: number
  /** ISO 8601. */
  readonly expires?: string
  /** Milliseconds until it is deactivated by itself, if it is not renewed. */
  readonly ttl_remaining?: number
}

/** One thing that a profile would change, or has changed. */
export interface DiffEntry {
  readonly action: 'create' | 'update' | 'remove'
  readonly proxy: string
  /** Absent when it is the proxy itself. */
  readonly fault?: string
  /** Names of the fields that differ, where it is an update. */
  readonly fields?: readonly string[]
  readonly before: Fields | null
  readonly after: Fields | null
  /** Whether live sessions end by it. */
  readonly drops_sessions?: boolean
}

export interface ReloadResult {
  readonly changed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly problems: readonly ProblemView[] }[]
  readonly removed: readonly string[]
}

/** What was stopped by a halt. */
export interface HaltResult {
  readonly since: string
  readonly faults_removed: number
  readonly profiles_deactivated: readonly string[]
  /** Proxies that do not listen, and go on not to: `reset` starts them. */
  readonly proxies_disabled: readonly string[]
}

/** The profiles of a control plane. Every text may be YAML or JSON. */
export interface ProfilesControl {
  /** In the order of their names. */
  list(): readonly ProfileView[]
  /** @throws FoulweatherError `profile_not_found`. */
  get(name: string): ProfileView
  /** Its text as it was last read. @throws FoulweatherError `profile_not_found`. */
  text(name: string): string
  /**
   * Takes a profile from a text. One that is active is brought in step with it.
   *
   * @throws FoulweatherError `invalid_profile`, `profile_conflict`, `profile_read_only`, `halted`, `listen_failed`; everything is as before then.
   */
  put(name: string, text: string, by?: By): Promise<{ readonly profile: ProfileView; readonly created: boolean }>
  /** Deactivates it first. @throws FoulweatherError `profile_not_found`, `profile_read_only`. */
  remove(name: string, by?: By): Promise<void>
  /**
   * Puts its proxies and faults in force. An active one is brought in step with what is said now, and its time begins anew.
   *
   * @throws FoulweatherError `profile_not_found`, `invalid_profile`, `profile_conflict`, `invalid_value`, `ttl_required`, `halted`, `listen_failed`;
   *   everything is as before then.
   */
  activate(name: string, activation?: Activation, by?: By): Promise<ProfileView>
  /** Takes its faults and proxies away; nothing to do where it is not active. @throws FoulweatherError `profile_not_found`. */
  deactivate(name: string, by?: By): Promise<ProfileView>
  /** @throws FoulweatherError `profile_not_found`, `no_lease`. */
  renew(name: string, by?: By): Promise<ProfileView>
  /** Reads the files anew, as a change of theirs does. */
  reload(by?: By): Promise<ReloadResult>
  /** What activating would change; nothing is done. @param text instead of that of the profile. */
  diff(name: string, activation?: Activation, text?: string): Promise<readonly DiffEntry[]>
  /** Everything that is wrong with a text, what it extends and the proxies that there are now taken into account. */
  validate(
    name: string,
    text: string,
    activation?: Activation,
  ): Promise<{ readonly problems: readonly ProblemView[]; readonly warnings: readonly string[] }>
  /** What is running, as the fields of a profile that reproduces it. @param secrets with keys; otherwise they are left out. */
  export(secrets: boolean): Fields
}
