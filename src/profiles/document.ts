import type { Fields } from '../core/fields.ts'
import type { FoulweatherError, Place } from '../core/errors.ts'
import type { FaultLimits } from '../core/plan.ts'

export type { Fields }

/** `$`-expressions in it are put in place later: its own variables, which whoever activates it may set, and those of the environment. */
export interface ProfileDocument {
  readonly name: string
  /** Where the text came from; absent = from a request. */
  readonly file?: string
  readonly description?: string
  /** Activated as soon as it is loaded at the start. Default: false. */
  readonly active: boolean
  /** Names of the profiles that it adds to, the first one first. */
  readonly extends: readonly string[]
  /** Default values by name; a variable that has none is `undefined`, and has to be set. */
  readonly vars: ReadonlyMap<string, VarValue | undefined>
  /** Fields of a proxy, without its name, by that name. */
  readonly proxies: ReadonlyMap<string, Fields>
  /** Fields of a fault, `on` included. */
  readonly faults: readonly Fields[]
  /** How long an activation lasts that says nothing; milliseconds. */
  readonly ttl?: number
  /** Milliseconds within which an activation that says nothing has to be renewed. */
  readonly lease?: number
  /** Of all its faults together. */
  readonly limits?: FaultLimits
  readonly labels: Readonly<Record<string, string>>
  /** Where in the text everything stands, by path (`faults[2].latency`, `proxies.pg`); `''` is the whole. */
  readonly places: ReadonlyMap<string, Place>
}

export type VarValue = string | number | boolean

/** A proxy or a fault of a resolved profile: its fields with every variable in its place, and where they stand. */
export interface Entry {
  readonly fields: Fields
  /** The profile that says so: the one itself, or one that it extends. */
  readonly profile: string
  /** How errors name it: `faults[2]`, `proxies.pg`. */
  readonly path: string
  /** Where a field of it stands, by its path within the entry (`match.path`); where that is nowhere, the nearest thing around it. */
  place(field?: string): Place | undefined
}

export interface FaultEntry extends Entry {
  /** Names and globs (`*`, `?`) of proxies. */
  readonly on: readonly string[]
}

/** A profile with everything that it extends, and all variables in their places. */
export interface ResolvedProfile extends Pick<
  ProfileDocument,
  'name' | 'description' | 'ttl' | 'lease' | 'limits' | 'labels'
> {
  /** What every variable stands for. */
  readonly vars: ReadonlyMap<string, VarValue>
  readonly proxies: ReadonlyMap<string, Entry>
  readonly faults: readonly FaultEntry[]
}

/** What could be read, or everything that is wrong: each problem names the field, the value, what would be right, and its place. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly FoulweatherError[] }

/** A file that holds a profile, as it is now. */
export interface ProfileFile {
  /** Of the profile: that of the file without its ending. */
  readonly name: string
  /** As errors show it. */
  readonly file: string
  /** Absent = it could not be read. */
  readonly text?: string
  /** Why not. */
  readonly problem?: string
}

/** Where profiles come from that are files. */
export interface ProfileSource {
  /** All of them. @throws where the place itself cannot be read. */
  read(): Promise<readonly ProfileFile[]>
}
