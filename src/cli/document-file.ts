import { basename } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { CommandFailure } from './context.ts'
import { readInputFile } from './input-file.ts'

/** What is read instead of a file. */
export const STDIN = '-'

/** How what was read is called in texts. */
export function shownFile(path: string): string {
  return path === STDIN ? 'stdin' : path
}

/** The text of a file, or of stdin. @throws CommandFailure with the system's reason. */
export async function readDocumentFile(path: string): Promise<string> {
  const bytes = path === STDIN ? await buffer(process.stdin) : await readInputFile(path)
  const text = bytes.toString()
  if (Buffer.from(text).equals(bytes)) return text
  throw new CommandFailure(`${shownFile(path)} is not UTF-8`)
}

/** A profile in a file is called as that is, without its ending. */
export function profileNameOf(path: string): string {
  return basename(path).replace(/\.(?:ya?ml|json)$/i, '')
}
