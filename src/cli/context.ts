/** What a command may touch of the world it runs in. Commands never end the process: they answer, or throw a CommandFailure. */
export interface CliContext {
  /** Writes to stdout. */
  out(text: string): void
  /** Writes to stderr. */
  err(text: string): void
  /** Whether stdout is a terminal: then there are headers and colours. */
  readonly terminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Exit codes, part of the surface. */
export const EXIT = {
  ok: 0,
  /** What was asked for could not be done; stderr says why in one line. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** A bug of ours, logged with its stack. (sysexits: EX_SOFTWARE.) */
  bug: 70,
} as const

/** Ends a command: one line for stderr (none where the message is empty), and the exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}
