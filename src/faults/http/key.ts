import { z } from 'zod'
import { headerOf, type RequestHead } from '../../core/http.ts'
import { randomFor } from '../../core/random.ts'

const NAME = /^header:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/

/** Whom exchanges belong to: the words, or `header:NAME` with the name of a request field. */
export function keyKind<const Word extends string>(...words: readonly [Word, ...Word[]]) {
  const accepts = `${words.join(', ')}, or header:NAME with the name of a request field`
  const error = `expected ${accepts}`
  return z
    .string({ error })
    .refine((text) => words.some((word) => word === text) || NAME.test(text), { error })
    .meta({ accepts })
}

/** What `key` says of one exchange. Requests without the field share the empty text. */
export function keyOf(key: string, client: string, request: RequestHead): string {
  if (key === 'client') return client
  if (!key.startsWith('header:')) return ''
  return headerOf(request, key.slice('header:'.length).toLowerCase()) ?? ''
}

export const LONGEST_SALT = 200
const SALT_ERROR = `expected a text of at most ${LONGEST_SALT} characters`

/** Chooses another division of the same keys. */
export const salt = () => z.string({ error: SALT_ERROR }).max(LONGEST_SALT, { error: SALT_ERROR })

/** A number in [0, 1) that hangs on key and salt alone: the same in every run, on every machine and with every seed. */
export function positionOf(key: string, saltText: string): number {
  return randomFor(0, 'position', saltText, key).next()
}
