import { parse } from 'node:path'
import type { Command } from 'commander'
import { defined } from '../core/defined.ts'
import type { CliContext } from './context.ts'
import { readPath } from './file-option.ts'
import { collectNames, collectVars, type Vars } from './option-values.ts'
import type { RunOptions } from './run-server.ts'

export interface ProfileServeOptions {
  readonly profiles?: string
  readonly activate?: readonly string[]
  readonly var?: Vars
}

export function addProfileOptions(serve: Command): void {
  serve
    .option(
      '--profiles <dir>',
      'directory of profiles (*.yaml, *.yml, *.json): loaded, and read anew whenever they change; those with "active: true" are activated (default: none)',
      readPath,
    )
    .option(
      '--activate <names>',
      'profiles to activate, separated by commas; may be given several times. One that cannot be ends the start',
      collectNames,
    )
    .option(
      '--var <name=value>',
      'value of a variable, for all profiles that have one of that name; may be given several times. true, false and numbers are these, everything else is a text',
      collectVars,
    )
}

/** @param files of profiles that are to be activated. */
export async function profileRunOptions(
  files: readonly string[],
  { profiles: dir, activate = [], var: vars }: ProfileServeOptions,
  { env }: CliContext,
): Promise<Pick<RunOptions, 'profiles' | 'activate' | 'vars' | 'env'>> {
  return defined({
    profiles: await sourceOf(files, dir),
    activate: [...files.map((file) => parse(file).name), ...activate],
    vars,
    env: withoutTokens(env),
  })
}

async function sourceOf(files: readonly string[], dir: string | undefined): Promise<RunOptions['profiles']> {
  if (dir === undefined && files.length === 0) return undefined
  // Loaded only here, as the server itself is, and not at all where there are none.
  const { ProfileFiles } = await import('../profiles/files/profile-files.ts')
  return new ProfileFiles(defined({ dir, files: files.length === 0 ? undefined : files }))
}

/** Whoever may write a profile could have them shown otherwise. */
function withoutTokens(env: CliContext['env']): CliContext['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('FOULWEATHER_TOKEN')))
}
