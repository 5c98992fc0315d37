import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { FoulweatherError } from '../core/errors.ts'
import { systemCode } from '../core/listen-failure.ts'
import { loadCertificates } from '../engine/tls/load-certificates.ts'
import { checkPair } from './certificates.ts'
import type { Authority } from './tls-input.ts'

/** Where an authority lives. */
export interface AuthorityFiles {
  readonly cert: string
  readonly key: string
}

export function authorityFiles(directory: string): AuthorityFiles {
  return { cert: join(directory, 'ca.pem'), key: join(directory, 'ca-key.pem') }
}

/** `foulweather/ca` where users keep their settings: `$XDG_CONFIG_HOME` if it is an absolute path, as its specification has it, or `~/.config`. */
export function defaultAuthorityDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CONFIG_HOME: settings = '', HOME: home = '' } = env
  return join(isAbsolute(settings) ? settings : join(home === '' ? homedir() : home, '.config'), 'foulweather', 'ca')
}

/**
 * Makes an authority and writes it to `directory`, which is made too; nobody but its owner can read the key.
 *
 * @throws FoulweatherError when there is one already (it is never overwritten: whoever trusts it would trust nothing any more), or a file cannot be
 *   written.
 */
export async function createAuthorityIn(directory: string): Promise<Authority> {
  const files = authorityFiles(directory)
  const { createAuthority } = await loadCertificates()
  const authority = await createAuthority(Date.now())
  await writing(files.key, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(files.key, authority.key, { flag: 'wx', mode: 0o600 })
    // Whatever the mask of the process is.
    await chmod(files.key, 0o600)
  })
  try {
    await writing(files.cert, () => writeFile(files.cert, authority.cert, { flag: 'wx', mode: 0o644 }))
  } catch (error) {
    // A key without its certificate would only stand in the way.
    await rm(files.key, { force: true })
    throw error
  }
  return authority
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const there = systemCode(error) === 'EEXIST'
    throw there
      ? refused(path, 'there is one already, which is never overwritten', 'a directory without one')
      : refused(path, `it cannot be written: ${messageOf(error)}`, 'a directory that can be written to')
  }
}

/**
 * The authority of `directory`; `undefined` = there is none.
 *
 * Synchronous, because whoever asks is about to put a plan in force: two small files of this machine.
 *
 * @throws FoulweatherError when there is something that cannot be used; nothing of the key is part of it.
 */
export function readAuthority(directory: string): Authority | undefined {
  const files = authorityFiles(directory)
  const cert = readIfThere(files.cert)
  const key = readIfThere(files.key)
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? files.cert : files.key
    throw refused(missing, 'it is missing, and the other file of the authority is there', 'both')
  }
  checkPair(cert, key, 'authority')
  checkAuthority(files.cert, new X509Certificate(cert))
  return { cert, key }
}

/** @param path for errors. */
function checkAuthority(path: string, certificate: X509Certificate): void {
  if (!certificate.ca)
    throw refused(path, 'it is not the certificate of an authority', 'one that may sign others (CA:TRUE)')
  const until = certificate.validToDate
  if (until.getTime() <= Date.now()) {
    throw refused(path, `it was valid until ${until.toISOString()}`, 'an authority that is valid now')
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw refused(path, `it cannot be read: ${messageOf(error)}`, 'a file that can be read')
  }
}

function refused(path: string, what: string, expected: string): FoulweatherError {
  const text = `the local authority cannot be used: ${path}: ${what}; expected ${expected}`
  return new FoulweatherError('invalid_value', text, { field: 'authority', value: path, expected })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
