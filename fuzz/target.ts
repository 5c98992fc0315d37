/** What is fuzzed: a parser, or several that read the same kind of input, and what has to hold of them. */
export interface FuzzTarget {
  readonly name: string
  /** What it covers, in a line for people. */
  readonly about: string
  /** Whose coverage counts: files and folders below the root of the project. */
  readonly code: readonly string[]
  /** What inputs are made of, beside what the words of the corpus are: keywords, numbers at a border, odd characters. */
  readonly tokens: readonly string[]
  /** Inputs are bytes: a character of a token is one of them. Otherwise they are texts in UTF-8. */
  readonly binary?: true
  /** The inputs hold documents, whose trees are mutated too. */
  readonly documents?: Documents
  /** Longest input, bytes. Default: 4096. */
  readonly longest?: number
  /** Inputs between two looks at the coverage: as many as take a tenth of a second or two. Default: 256. */
  readonly batch?: number
  /** Makes an input that is right, or nearly so. */
  generate?(draw: Draw): Buffer
  /** What it needs is there while it is open. */
  open(): Promise<OpenTarget> | OpenTarget
}

export interface Documents {
  readonly form: 'json' | 'yaml'
  /** Where in an input the document begins. Default: 0. */
  from?(input: Buffer): number
}

export interface OpenTarget {
  /** Reads an input and looks at what came of it. @throws where something does not hold: that is a finding. */
  run(input: Buffer): void | Promise<void>
  close?(): Promise<void>
}

/** Random numbers as they are wanted here. */
export interface Draw {
  /** A whole number from 0, below `limit`. */
  below(limit: number): number
  chance(share: number): boolean
  /** @throws RangeError where there is nothing. */
  pick<T>(from: readonly T[]): T
}

export const LONGEST_INPUT = 4096
export const BATCH = 256
