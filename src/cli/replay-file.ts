import { parseRecord, type RecordedDecision } from '../control/replay-record.ts'
import { FoulweatherError } from '../core/errors.ts'
import { CommandFailure } from './context.ts'
import { readInputFile } from './input-file.ts'

/** @throws CommandFailure that names the file, and the line where it is wrong. */
export async function readReplayFile(path: string): Promise<readonly RecordedDecision[]> {
  try {
    return parseRecord(String(await readInputFile(path)))
  } catch (cause) {
    if (!(cause instanceof FoulweatherError || cause instanceof CommandFailure)) throw cause
    throw new CommandFailure(`cannot replay ${path}: ${cause.message}`, undefined, cause)
  }
}
