import { readFile } from 'node:fs/promises'
import { readPopulateBody } from '../admin/toxiproxy-bodies.ts'
import type { ControlPlane } from '../control/control-plane.ts'
import type { Logger } from '../observe/logger.ts'
import { CommandFailure } from './context.ts'

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
    const { proxies, error } = await control.populate(readPopulateBody(await readFile(path)), `config:${path}`)
    if (error !== undefined) throw error
    logger.info({ config: path, proxies: proxies.length }, 'Read the config file')
  } catch (cause) {
    const message = `cannot use the config file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`
    if (strict) throw new CommandFailure(message, undefined, cause)
    logger.error({ config: path }, message)
  }
}
