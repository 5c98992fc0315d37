import { readFile } from 'node:fs/promises'
import { CommandFailure } from './context.ts'

/** @throws CommandFailure with the system's reason, which names the file. */
export async function readInputFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), undefined, cause)
  }
}
