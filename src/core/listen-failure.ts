/** Why a listener could not start, in the words of Go's `net` package, which Toxiproxy's clients compare. */

const GO_WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or directory',
}

/** `EADDRINUSE` and the like; empty for what is no system error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** `code`: where it is known better than the error has it. */
export function bindFailure(error: unknown, code = systemCode(error)): string {
  return GO_WORDS[code] ?? (error instanceof Error ? error.message : String(error))
}
