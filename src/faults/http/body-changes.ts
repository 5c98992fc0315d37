import { isUtf8 } from 'node:buffer'
import type { ChangedBody } from '../../core/exchange.ts'
import { withHeader, withoutHeader, type HeaderList } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import type { BodyParams } from './body-params.ts'
import { codingOf, decode, encode, labelled, type Coding } from './encoding.ts'
import { flipBytes, flipShare } from './flip-bits.ts'
import { readJson, writeJson } from './json.ts'
import { merged } from './merge-patch.ts'
import { replaceMatches } from './regex.ts'

/** Why a body goes on as it came. */
export interface LeftAlone {
  readonly because:
    | 'unknown_encoding'
    | 'broken_encoding'
    | 'too_long'
    | 'no_json'
    | 'no_utf8'
    | 'no_match'
    | 'no_change'
    | 'too_much_work'
    | 'empty'
}

type Outcome = ChangedBody | LeftAlone

/** What becomes of a body with a head like `headers`. */
export function changeBody(p: BodyParams, headers: HeaderList, body: Buffer, random: Random): Outcome {
  if (p.replace !== undefined || p.replace_base64 !== undefined) return replaced(p, headers)
  if (body.length === 0) return { because: 'empty' }
  if (p.corrupt !== undefined) return corrupted(p.corrupt, body, random)
  const coding = codingOf(headers)
  if (coding === undefined) return { because: 'unknown_encoding' }
  if (p.wrong_encoding !== undefined) return wronglyEncoded(p.wrong_encoding, body, coding, p.limit)
  return edited(p, body, coding)
}

/** A large text is decoded once, not for each exchange. */
const texts = new WeakMap<BodyParams, Buffer>()

function replaced(p: BodyParams, headers: HeaderList): ChangedBody {
  const body =
    texts.get(p) ?? Buffer.from(p.replace ?? p.replace_base64 ?? '', p.replace === undefined ? 'base64' : 'utf8')
  texts.set(p, body)
  const coding = codingOf(headers)
  const { content_type: type } = p
  return {
    // Nothing is encoded as nothing: 0 bytes are no gzip, but clients take them for what they are.
    body: coding === undefined || body.length === 0 ? body : encode(body, coding),
    // Another change may have made the head say something else meanwhile.
    headers: (list) => labelled(type === undefined ? list : withHeader(list, 'Content-Type', type), coding),
  }
}

function corrupted({ bytes, share }: NonNullable<BodyParams['corrupt']>, body: Buffer, random: Random): Outcome {
  if (bytes !== undefined) return { body: flipBytes(body, bytes, random) }
  const { bytes: changed, flipped } = flipShare(body, share ?? 0, random)
  return flipped === 0 ? { because: 'no_change' } : { body: changed }
}

function hide(headers: HeaderList): HeaderList {
  return withoutHeader(headers, 'content-encoding')
}

function say(name: string): (headers: HeaderList) => HeaderList {
  return (headers) => withHeader(headers, 'Content-Encoding', name)
}

function wronglyEncoded(
  how: NonNullable<BodyParams['wrong_encoding']>,
  body: Buffer,
  coding: Coding,
  most: number,
): Outcome {
  if (how === 'announced') {
    const decoded = decode(body, coding, most)
    return 'because' in decoded ? decoded : { body: decoded.bytes, headers: say('gzip') }
  }
  // What is encoded already stays as it is, and is only called something else.
  const encoded = coding === 'identity' ? encode(body, 'gzip') : body
  if (how === 'hidden') return { body: encoded, headers: hide }
  return { body: encoded, headers: say(coding === 'br' ? 'gzip' : 'br') }
}

/** A change of what the body says: it is decoded for that, and encoded again. */
function edited(p: BodyParams, body: Buffer, coding: Coding): Outcome {
  const decoded = decode(body, coding, p.limit)
  if ('because' in decoded) return decoded
  if (!isUtf8(decoded.bytes)) return { because: 'no_utf8' }
  const text = decoded.bytes.toString('utf8')
  const after = p.regex === undefined ? patched(text, p.merge_patch) : matched(text, p.regex)
  if (typeof after !== 'string') return after
  return after === text ? { because: 'no_change' } : { body: encode(Buffer.from(after), decoded.coding) }
}

function patched(text: string, patch: unknown): string | LeftAlone {
  try {
    return writeJson(merged(readJson(text), patch))
  } catch (error) {
    // Not JSON, or nested deeper than can be followed.
    if (error instanceof SyntaxError || error instanceof RangeError) return { because: 'no_json' }
    throw error
  }
}

/** Characters that may come out, several times what may come in. */
const LONGEST_RESULT = 16 * 2 ** 20

function matched(text: string, regex: NonNullable<BodyParams['regex']>): string | LeftAlone {
  const result = replaceMatches(regex, text, LONGEST_RESULT)
  if ('because' in result) return result
  return result.matches === 0 ? { because: 'no_match' } : result.text
}
