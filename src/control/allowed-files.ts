import { type Fields, isFields } from '../core/fields.ts'
import { isUtf8 } from 'node:buffer'
import { constants, open, realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { FoulweatherError } from '../core/errors.ts'
import { MOST_OUTCOMES } from '../faults/common-fields.ts'
import { join } from '../faults/issues.ts'
import { faultDefinition } from '../faults/index.ts'
import { FILE_FIELDS } from './proxy-fields.ts'

/** Of one file, bytes: as much as a request may have. */
const LARGEST_FILE = 2 ** 20

const LONGEST_PATH = 4096

/**
 * Files that requests may name. Whoever reaches the admin API could have every file of this machine shown otherwise, so they are read below one
 * directory alone, symbolic links resolved, and nowhere unless the server was started with one.
 */
export class AllowedFiles {
  readonly #directory: string | undefined

  /** @param directory `undefined` = no file is read. */
  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /**
   * @param most bytes that the file may have.
   * @throws FoulweatherError `invalid_value`.
   */
  async read(path: unknown, field: string, most = LARGEST_FILE): Promise<Buffer> {
    if (this.#directory === undefined) {
      const why = 'this server reads no files; it does when it is started with --files DIR'
      throw refused(
        field,
        path,
        `${why}. The command line reads files itself and sends what is in them`,
        'the text itself',
      )
    }
    const expected = `a path below ${this.#directory}`
    if (typeof path !== 'string' || path === '' || path.length > LONGEST_PATH || path.includes('\0')) {
      throw refused(field, path, `expected ${expected}`, expected)
    }
    try {
      const root = await realpath(this.#directory)
      const wanted = resolve(root, path)
      // What is outside is never looked at: whether it is there is nobody's business either.
      const isInside = isBelow(root, wanted) || isBelow(resolve(this.#directory), wanted)
      const real = isInside ? await realpath(wanted) : wanted
      if (!isBelow(root, real))
        throw refused(field, path, 'this file is not below the directory that may be read', expected)
      return await readRegular(real, field, path, most)
    } catch (error) {
      if (error instanceof FoulweatherError) throw error
      throw refused(field, path, `it cannot be read (${codeOf(error)})`, expected)
    }
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way)
}

async function readRegular(path: string, field: string, given: string, most: number): Promise<Buffer> {
  // Without O_NONBLOCK a pipe would wait for somebody to write into it.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const facts = await file.stat()
  if (!facts.isFile()) throw refused(field, given, 'it is no regular file', 'a regular file')
  if (facts.size > most) {
    throw refused(field, given, `it has ${facts.size} bytes, and ${most} may be read`, 'a smaller file')
  }
  return await file.readFile()
}

/** A proxy with the texts of the files that it names in their place. @throws FoulweatherError `invalid_value`. */
export async function withProxyFiles(input: Fields, files: AllowedFiles): Promise<Fields> {
  const { tls } = input
  if (!isFields(tls)) return input
  const parts = { ...tls }
  const one: Read = (path, field) => files.read(path, field)
  for (const [part, fields] of Object.entries(FILE_FIELDS)) {
    const given = Object.hasOwn(tls, part) ? tls[part] : undefined
    if (!isFields(given)) continue
    let read = given
    for (const field of fields) read = await withFile(read, field, `tls.${part}`, one, textOf)
    parts[part] = read
  }
  return { ...input, tls: parts }
}

/** Whether `withFaultFiles` may have something to do. */
export function namesFaultFile(input: Fields): boolean {
  const { outcomes } = input
  return (
    'body_file' in input || (Array.isArray(outcomes) && outcomes.some((each) => isFields(each) && 'body_file' in each))
  )
}

/** A fault with what is in the file that `body_file` names as its `body`, or its `body_base64` where it is no text. */
export async function withFaultFiles(input: Fields, type: unknown, files: AllowedFiles): Promise<Fields> {
  const shape = typeof type === 'string' ? faultDefinition(type)?.params.shape : undefined
  if (shape === undefined || !Object.hasOwn(shape, 'body') || Object.hasOwn(shape, 'body_file')) return input
  const binary = Object.hasOwn(shape, 'body_base64')
  // All of them together: each outcome could name the largest file there is, and what is read is kept and shown.
  let room = LARGEST_FILE
  const one: Read = async (path, field) => {
    const bytes = await files.read(path, field, room)
    room -= bytes.length
    return bytes
  }
  const own = await withFile(input, 'body', '', one, (bytes, field) => bodyOf(bytes, field, binary))
  const { outcomes } = own
  // Too many are refused as they are.
  if (!Array.isArray(outcomes) || outcomes.length > MOST_OUTCOMES) return own
  const read: unknown[] = []
  for (const [index, outcome] of outcomes.entries()) {
    const given: unknown = outcome
    const path = join('outcomes', index)
    read.push(
      isFields(given)
        ? await withFile(given, 'body', path, one, (bytes, field) => bodyOf(bytes, field, binary))
        : given,
    )
  }
  return { ...own, outcomes: read }
}

type Read = (path: unknown, field: string) => Promise<Buffer>
type Reading = (bytes: Buffer, field: string) => string | Fields

async function withFile(input: Fields, field: string, path: string, read: Read, reading: Reading): Promise<Fields> {
  const name = `${field}_file`
  if (!Object.hasOwn(input, name)) return input
  const { [name]: file, ...rest } = input
  if (file === null || file === undefined) return rest
  const at = join(path, name)
  if (rest[field] !== undefined && rest[field] !== null) {
    throw refused(at, file, `there is ${field} beside it`, 'one of both')
  }
  const what = reading(await read(file, at), at)
  return typeof what === 'string' ? { ...rest, [field]: what } : { ...rest, ...what }
}

function textOf(bytes: Buffer): string {
  return bytes.toString('latin1')
}

/** The other one is taken away: an update may put a text in the place of what was none. */
function bodyOf(bytes: Buffer, field: string, binary: boolean): Fields {
  if (isUtf8(bytes)) return { body: bytes.toString(), ...(binary ? { body_base64: null } : {}) }
  if (binary) return { body: null, body_base64: bytes.toString('base64') }
  throw refused(field, undefined, 'what is in this file is no text (UTF-8)', 'a text')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'for a reason that is not known'
}

function refused(field: string, given: unknown, why: string, expected: string): FoulweatherError {
  // A URL in the place of a path often has a password in front of its @.
  const value = typeof given === 'string' ? given.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1…@') : given
  return new FoulweatherError('invalid_value', `${field}: ${why}`, { field, value, expected })
}
