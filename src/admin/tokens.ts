import { createHash } from 'node:crypto'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { FoulweatherError, placeText, type Place } from '../core/errors.ts'
import { words } from '../faults/field-kinds.ts'
import { type At, join } from '../faults/issues.ts'
import { didYouMean } from '../faults/nearest.ts'
import type { Role } from './operation.ts'

/** What opens the admin API, and for whom. */
export type Token = { readonly name: string; readonly role: Role } & (
  | { readonly token: string }
  /** Of the token, in hexadecimal digits: so that the file that holds it opens nothing. */
  | { readonly token_sha256: string }
)

/** By which tokens are told apart: of equal length, so that comparing takes equal time. */
export function digestOf(token: Token): Buffer {
  return 'token' in token ? sha256(token.token) : Buffer.from(token.token_sha256, 'hex')
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The digest of an empty token: of what `printf %s "$TOKEN" | sha256sum` answers where there is no such variable. Whoever sends no token would have it. */
export const NOTHING = sha256('')

const MOST_TOKENS = 1000
const LIST = `a list of 1 to ${MOST_TOKENS} tokens, each with name, role, and token or token_sha256`
const NAME = 'a name of 1 to 64 letters, digits, dots, hyphens and underscores'
const TOKEN = 'a text of 16 to 1024 visible ASCII characters'
const DIGEST = 'the SHA-256 of a token: a text of 64 hexadecimal digits'

const text = (error: string, pattern: RegExp) => z.string({ error }).regex(pattern, { error })
const entry = z.strictObject(
  {
    name: text(NAME, /^[A-Za-z0-9._-]{1,64}$/),
    role: words('viewer', 'operator', 'admin'),
    // What a header carries as it is, and nobody guesses.
    token: text(TOKEN, /^[\x21-\x7e]{16,1024}$/).optional(),
    token_sha256: text(DIGEST, /^[0-9A-Fa-f]{64}$/).optional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? LIST : undefined) },
)
const list = z.array(entry, { error: LIST }).min(1, LIST).max(MOST_TOKENS, LIST)
const FIELDS = Object.keys(entry.shape)

/**
 * Reads a file of tokens: a YAML or JSON list of `{name, role, token}` or `{name, role, token_sha256}`. Refusals name the field and its place, and
 * show nothing that could be a token.
 *
 * @param file as refusals call it.
 * @throws FoulweatherError `invalid_value`.
 */
export function readTokens(text: string, file: string): readonly Token[] {
  const document = new TokensDocument(text, file)
  const given = list.safeParse(document.value)
  if (!given.success) throw mistake(document, given.error)
  const tokens = given.data.map(({ name, role, token, token_sha256: digest }, index): Token => {
    if (token !== undefined && digest === undefined) return { name, role, token }
    if (token === undefined && digest !== undefined) return { name, role, token_sha256: digest }
    throw document.refusal([index], 'token or token_sha256, one of the two')
  })
  refuseTwice(document, tokens)
  return tokens
}

function refuseTwice(document: TokensDocument, tokens: readonly Token[]): void {
  const names = new Map<string, number>()
  const digests = new Map<string, number>()
  for (const [index, token] of tokens.entries()) {
    if (digestOf(token).equals(NOTHING))
      throw document.refusal([index, 'token_sha256'], 'the SHA-256 of a token, and this is that of nothing')
    const sameName = names.get(token.name)
    if (sameName !== undefined) throw document.refusal([index, 'name'], `another name than that of [${sameName}]`)
    const digest = digestOf(token).toString('hex')
    const sameToken = digests.get(digest)
    if (sameToken !== undefined) throw document.refusal([index], `another token than that of [${sameToken}]`)
    names.set(token.name, index)
    digests.set(digest, index)
  }
}

function mistake(document: TokensDocument, error: z.ZodError): FoulweatherError {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  const at = issue?.path ?? []
  if (issue?.code !== 'unrecognized_keys')
    return document.refusal(at, (issue?.message ?? LIST).replace(/^expected /, ''))
  // Its name is not shown: it could be a token that lacks what belongs in front of it.
  const hint = didYouMean(issue.keys[0] ?? '', FIELDS)
  return document.refusal(at, `only the fields ${FIELDS.join(', ')}${hint}`)
}

/** A file of tokens as it was parsed, with the place of everything in it. */
class TokensDocument {
  /** `undefined`: nothing that a list of tokens could be. */
  readonly value: unknown
  readonly #lines = new LineCounter()
  readonly #document
  readonly #file: string

  /** @throws FoulweatherError `invalid_value` where it is no YAML. */
  constructor(text: string, file: string) {
    this.#file = file
    // The texts of the parser quote what is in the file: only the names of its errors are told.
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, logLevel: 'silent' })
    const [error] = this.#document.errors
    if (error !== undefined) throw this.#refuse('tokens', `YAML or JSON (${error.code})`, error.pos[0])
    this.value = this.#read()
  }

  refusal(at: At, expected: string): FoulweatherError {
    return this.#refuse(join('tokens', ...at), expected, this.#offsetOf(at))
  }

  /** Nobody writes tokens with aliases, and these can grow without bound. */
  #read(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 0 })
    } catch {
      return undefined
    }
  }

  #refuse(field: string, expected: string, offset: number): FoulweatherError {
    const { line, col } = this.#lines.linePos(offset)
    const place: Place = { file: this.#file, line, column: col }
    const message = `${placeText(place)}: ${field}: expected ${expected}`
    return new FoulweatherError('invalid_value', message, { field, expected, place })
  }

  /** Of what is there, or else of what it would be in. */
  #offsetOf(at: At): number {
    const node: unknown = at.length === 0 ? this.#document.contents : this.#document.getIn(at, true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    if (Array.isArray(range)) return Number(range[0])
    return at.length === 0 ? 0 : this.#offsetOf(at.slice(0, -1))
  }
}
