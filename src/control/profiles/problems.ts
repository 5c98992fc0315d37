import { defined } from '../../core/defined.ts'
import { FoulweatherError, problemsOf } from '../../core/errors.ts'
import type { Shelved } from './shelf.ts'

/** Notes why a change cannot be made. */
export async function attempted(
  wrong: Map<string, readonly FoulweatherError[]>,
  name: string,
  change: () => Promise<unknown>,
): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof FoulweatherError)) throw error
    wrong.set(name, problemsOf(error))
  }
}

/** What went wrong where nobody waits for it. */
export function asProblem(error: unknown): FoulweatherError {
  if (error instanceof FoulweatherError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new FoulweatherError('invalid_profile', `it could not be brought in step: ${why}`, { cause: error })
}

/** @throws FoulweatherError `profile_read_only`. */
export function refuseFile(profile: Shelved | undefined): void {
  if (profile?.file === undefined) return
  const text = `profile ${JSON.stringify(profile.name)} is the file ${profile.file}: edit that`
  throw new FoulweatherError('profile_read_only', text, {
    field: 'profile',
    value: profile.name,
    expected: 'another name, or a change of the file',
  })
}

/** A file has the name of a profile that came over the API. */
export function takenName(name: string, file: string): FoulweatherError {
  const text = `${file}: there is a profile called ${JSON.stringify(name)} already that came over the API; delete that, or rename the file`
  return new FoulweatherError('profile_conflict', text, {
    ...defined({ field: 'profile' }),
    value: name,
    expected: 'another name',
    place: { file, line: 1, column: 1 },
  })
}
