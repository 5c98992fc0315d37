import { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { authorityFiles, defaultAuthorityDirectory, readAuthority, type AuthorityFiles } from '../control/authority.ts'
import { type CliContext, CommandFailure } from './context.ts'

export interface DirectoryOption {
  readonly dir?: string
}

export function directoryOption(): Option {
  return new Option(
    '--dir <directory>',
    'where the authority is (default: foulweather/ca in $XDG_CONFIG_HOME or ~/.config)',
  )
}

/** Absolute: it is shown to people who may be elsewhere. */
export function directoryOf({ dir }: DirectoryOption, { env }: CliContext): string {
  return resolve(dir ?? defaultAuthorityDirectory(env))
}

export interface KnownAuthority {
  readonly files: AuthorityFiles
  readonly pem: string
  readonly certificate: X509Certificate
}

/** @throws CommandFailure when there is none. */
export function knownAuthority(options: DirectoryOption, context: CliContext): KnownAuthority {
  const directory = directoryOf(options, context)
  const authority = readAuthority(directory)
  if (authority === undefined) {
    const given = options.dir === undefined ? '' : ` --dir ${options.dir}`
    throw new CommandFailure(`there is no authority in ${directory}; make one with: foulweather ca init${given}`)
  }
  return {
    files: authorityFiles(directory),
    pem: authority.cert,
    certificate: new X509Certificate(authority.cert),
  }
}
