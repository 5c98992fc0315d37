import { parseRecord, type RecordedDecision } from '../control/replay-record.ts'
import { FoulweatherError } from '../core/errors.ts'
import { CommandFailure } from './context.ts'
import { readInputFile } from './input-file.ts'

/** @throws CommandFailure that names the file, and the line where it is wrong. */
export async function readReplayFile(path: string): Promise<readonly RecordedDecision[]> {
  const text = String(await readInputFile(path))
  try {
    return parseRecord(text)
  } catch (cause) {
    if (!(cause instanceof FoulweatherError)) throw cause
    throw new CommandFailure(`cannot replay ${path}: ${cause.message}`, undefined, cause)
  }
}
