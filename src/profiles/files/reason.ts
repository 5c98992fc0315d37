/** Why the system refused, for people. */
export interface Reason {
  /** `ENOENT`, …; empty = it was not the system. */
  readonly code: string
  readonly text: string
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'it, or what should hold it, is no directory',
  EACCES: 'this process may not',
  EPERM: 'this process may not',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENOSPC: 'the system has no watches left (fs.inotify.max_user_watches)',
}

export function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return { code: '', text: String(error) }
  const code = 'code' in error ? String(error.code) : ''
  const words = WORDS[code]
  return { code, text: words === undefined ? error.message : `${words} (${code})` }
}
