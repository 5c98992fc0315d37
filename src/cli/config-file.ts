import { readPopulateBody } from '../admin/toxiproxy-bodies.ts'
import type { ControlPlane } from '../control/control-plane.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { Logger } from '../observe/logger.ts'
import { CommandFailure } from './context.ts'
import { readInputFile } from './input-file.ts'

export interface ConfigFile {
  readonly path: string
  /** Whether a file that cannot be read or put in force ends the start; otherwise it is logged. */
  readonly strict: boolean
}

/**
 * Makes the proxies of a file exist: Toxiproxy's JSON array, read as `POST /populate` reads it. Entries in front of one that fails stay.
 *
 * @throws CommandFailure when `strict`.
 */
export async function applyConfigFile(
  { path, strict }: ConfigFile,
  control: ControlPlane,
  logger: Logger,
): Promise<void> {
  try {
    const entries = readPopulateBody(await readInputFile(path))
    const { proxies, error } = await control.populate(entries, { actor: `config:${path}` })
    if (error !== undefined) throw error
    logger.info({ config: path, proxies: proxies.length }, 'Read the config file')
  } catch (cause) {
    if (!(cause instanceof FoulweatherError || cause instanceof CommandFailure)) throw cause
    const message = `cannot use the config file ${path}: ${cause.message}`
    if (strict) throw new CommandFailure(message, undefined, cause)
    logger.error({ config: path }, message)
  }
}
