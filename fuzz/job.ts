/** What a thread is asked to do. */
export type Job =
  | {
      readonly kind: 'fuzz'
      readonly target: string
      readonly seed: number
      /** How long at most. */
      readonly seconds: number
      /** How many inputs at most. */
      readonly runs: number
      readonly corpus: readonly Uint8Array[]
      /** Of its Heartbeat. */
      readonly memory: SharedArrayBuffer
    }
  | { readonly kind: 'once'; readonly target: string; readonly input: Uint8Array }

/** How far it is. */
export interface Progress {
  readonly runs: number
  /** Characters of code that the corpus reaches, and that everything has reached. */
  readonly first: number
  readonly reached: number
  /** Inputs that others are made of, and how many of them are new. */
  readonly inputs: number
  readonly foundCount: number
  /** The new ones; told at the end alone. */
  readonly found: readonly Uint8Array[]
}

export type FromWorker =
  | ({ readonly kind: 'progress' | 'done' } & Progress)
  | { readonly kind: 'finding'; readonly input: Uint8Array; readonly error: string }
  | { readonly kind: 'ready' }
  /** `error`: what was thrown. */
  | { readonly kind: 'once'; readonly error: string | undefined }
