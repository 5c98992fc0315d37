import { z } from 'zod'
import { partsOf } from '../field-kinds.ts'
import { fieldValue } from '../http-fields.ts'
import { count, probability, size } from '../params.ts'
import { mergePatch } from './merge-patch.ts'
import { replacement } from './regex.ts'

/** Bytes: bodies are gathered in memory. */
const DEFAULT_LIMIT = 2 ** 20
export const LARGEST_LIMIT = 16 * 2 ** 20

const LONGEST_TEXT = 2 ** 20
const TEXT_ERROR = `expected a text of at most ${LONGEST_TEXT} bytes`
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const BASE64_ERROR = `expected base64 of at most ${LONGEST_TEXT} bytes`

const LONGEST_REPLACEMENT = 65_536
const REPLACEMENT_ERROR = `expected a text of at most ${LONGEST_REPLACEMENT} characters`

const LIMIT_ERROR = 'expected a size of 1 byte to 16 MiB, such as "1MiB"'

function limit() {
  const kind = size()
  const bounded = kind.refine((bytes) => bytes >= 1 && bytes <= LARGEST_LIMIT, { error: LIMIT_ERROR })
  return bounded.meta(kind.meta() ?? {})
}

const ANNOUNCE_ERROR = 'expected a size of at most 1 GiB'

function announce() {
  const kind = size()
  return kind.refine((bytes) => bytes <= 2 ** 30, { error: ANNOUNCE_ERROR }).meta(kind.meta() ?? {})
}

/** A body of more than any limit has no more to turn. */
const MOST_FLIPS = 1_000_000

const SHARE_ERROR = 'expected a share above 0, at most 1, or a text such as "0.1%"'

function share() {
  const kind = probability()
  return kind.refine((given) => given > 0, { error: SHARE_ERROR }).meta(kind.meta() ?? {})
}

const corrupt = partsOf({
  bytes: count('bytes', 1, MOST_FLIPS).optional().describe('In so many bytes, at random places.'),
  share: share().optional().describe('In each byte with this chance.'),
}).refine(({ bytes, share }) => (bytes === undefined) !== (share === undefined), {
  error: 'expected exactly one of bytes and share',
})

const WAYS = ['replace', 'replace_base64', 'merge_patch', 'regex', 'corrupt', 'wrong_encoding'] as const
const ONE_WAY = `exactly one of ${WAYS.slice(0, -1).join(', ')} and wrong_encoding`

export const bodyParams = z
  .object({
    phase: z
      .enum(['response', 'request'], { error: 'expected response or request' })
      .default('response')
      .describe('Whose body it is: that of the response, or of the request.'),
    replace: z
      .string({ error: TEXT_ERROR })
      .refine((text) => Buffer.byteLength(text) <= LONGEST_TEXT, { error: TEXT_ERROR })
      .optional()
      .describe('This text (UTF-8) instead of the body.'),
    replace_base64: z
      .string({ error: BASE64_ERROR })
      .max(Math.ceil(LONGEST_TEXT / 3) * 4, { error: BASE64_ERROR })
      .regex(BASE64, { error: BASE64_ERROR })
      .optional()
      .describe('These bytes, as base64, instead of the body.'),
    merge_patch: mergePatch()
      .optional()
      .describe('A JSON merge patch (RFC 7396) of the body: values that are set, `null` takes a field away.'),
    regex: replacement(z.string({ error: REPLACEMENT_ERROR }).max(LONGEST_REPLACEMENT, { error: REPLACEMENT_ERROR }))
      .optional()
      .describe('A regular expression in the body, and what comes in the place of its matches.'),
    corrupt: corrupt.optional().describe('Turns one bit each of some bytes.'),
    wrong_encoding: z
      .enum(['announced', 'hidden', 'mislabelled'], { error: 'expected announced, hidden or mislabelled' })
      .optional()
      .describe(
        'What `Content-Encoding` says is not what the body is: `announced` = gzip is said and plain sent; `hidden` = gzip is sent and nothing said; `mislabelled` = gzip is sent and br said.',
      ),
    content_type: fieldValue()
      .optional()
      .describe('With `replace` or `replace_base64`: the type of what is sent. Default: that of what came.'),
    limit: limit()
      .prefault(DEFAULT_LIMIT)
      .describe('Longer bodies, encoded or decoded, pass untouched; at most 16 MiB.'),
    mangle: partsOf({
      announce: announce().describe('The `Content-Length` that is announced, whatever is true.'),
    })
      .optional()
      .describe('What is wrong on purpose about the length.'),
  })
  .superRefine((given, context) => {
    const ways = WAYS.filter((way) => given[way] !== undefined)
    if (ways.length !== 1) {
      const message = ways.length === 0 ? `expected ${ONE_WAY}` : `expected ${ONE_WAY}, without ${ways[0]} beside it`
      context.addIssue({ code: 'custom', path: [ways[1] ?? 'replace'], message })
    }
    if (given.content_type !== undefined && given.replace === undefined && given.replace_base64 === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['content_type'],
        message: 'expected replace or replace_base64 beside it',
      })
    }
  })

export type BodyParams = z.output<typeof bodyParams>
