import { RE2JS } from 're2js'
import { z } from 'zod'
import { LONGEST_PATTERN } from '../../core/pattern.ts'
import { partsOf } from '../field-kinds.ts'

/** Instructions of a compiled expression: each character may cost as many steps. */
const MOST_STEPS = 2500

/**
 * Steps that one replacing may take: some tenths of a second at worst. One match takes a time in proportion to what is searched, but the search for the
 * next begins behind it, so that all matches together can take the square of that.
 */
const MOST_WORK = 4e7

/** Characters in which a match is searched first; then in twice as many, and so on. */
const FIRST_WINDOW = 256

/** Steps that it takes to begin a search at all. */
const BEGINNING = 200

/** Repeats without a bound. Where this finds nothing, no match has more characters than the expression has instructions. */
const UNBOUNDED = /[*+]|,\}/

function firstWindow(pattern: string, size: number): number {
  return UNBOUNDED.test(pattern) ? FIRST_WINDOW : Math.max(16, size)
}

const PATTERN = `a regular expression (RE2: no look-around, no back-references) of at most ${LONGEST_PATTERN} characters`

/** What `regex` in the text of a replacement refers to: `$$`, `$&`, `$1` to `$99`, `$<name>`. */
const REFERENCE = /\$(?:\$|&|([1-9]\d?)|<([^<>]{1,100})>|)/g

export interface Replacement {
  readonly pattern: string
  readonly replace: string
  readonly all: boolean
}

function compile(pattern: string): RE2JS | string {
  try {
    const compiled = RE2JS.compile(pattern)
    const size = compiled.programSize()
    return size <= MOST_STEPS ? compiled : `it is too big: ${size} steps of ${MOST_STEPS}`
  } catch (error) {
    // Whatever the library has against it is a mistake of the expression.
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
  }
}

/** `undefined`: all that the text refers to is there. */
function badReference(text: string, compiled: RE2JS): string | undefined {
  const names = Object.keys(compiled.namedGroups())
  for (const [whole, nth, name] of text.matchAll(REFERENCE)) {
    const known =
      whole === '$$' ||
      whole === '$&' ||
      (nth !== undefined && Number(nth) <= compiled.groupCount()) ||
      (name !== undefined && names.includes(name))
    if (!known) return whole === '$' ? '$$ for a single $' : `a group of the pattern, not ${whole}`
  }
  return undefined
}

/** A regular expression, and what is put in the place of its matches. `text` is the kind of the latter. */
export function replacement(text: z.ZodString) {
  return partsOf({
    pattern: z
      .string({ error: `expected ${PATTERN}` })
      .min(1, { error: `expected ${PATTERN}` })
      .max(LONGEST_PATTERN, { error: `expected ${PATTERN}` })
      .describe('What is looked for: RE2 syntax, which takes linear time; `(?i)` in front: in any letter case.'),
    replace: text.describe('What comes in its place; `$1` and `$<name>` are groups, `$&` is all of it, `$$` a dollar.'),
    all: z.boolean({ error: 'expected true or false' }).default(true).describe('Every match, or the first alone.'),
  }).superRefine(({ pattern, replace }, context) => {
    const compiled = compile(pattern)
    if (typeof compiled === 'string') {
      context.addIssue({ code: 'custom', path: ['pattern'], message: `expected ${PATTERN}: ${compiled}` })
      return
    }
    const bad = badReference(replace, compiled)
    if (bad !== undefined) context.addIssue({ code: 'custom', path: ['replace'], message: `expected ${bad}` })
  })
}

const compiledOnce = new WeakMap<Replacement, RE2JS>()

function compiledOf(given: Replacement): RE2JS {
  const known = compiledOnce.get(given)
  if (known !== undefined) return known
  const made = RE2JS.compile(given.pattern)
  compiledOnce.set(given, made)
  return made
}

type Match = NonNullable<ReturnType<typeof matchFrom>>

/**
 * The next match from `from` on. It is looked for in a window first, and taken if it ends within: so that a search costs what it has to look at,
 * not all that is left. Answers what it has cost, too.
 */
function matchFrom(compiled: RE2JS, text: string, from: number, first: number, most: number) {
  const size = compiled.programSize()
  let work = BEGINNING
  for (let window = first; ; window *= 2) {
    const end = Math.min(text.length, from + window)
    work += (end - from) * size
    if (work > most) return { work, start: -1, end: -1, group: () => '' }
    const matcher = compiled.matcher(text.slice(0, end))
    const found = matcher.find(from)
    if (found && (end === text.length || matcher.end() < end)) {
      return {
        work,
        start: matcher.start(),
        end: matcher.end(),
        group: (which: number | string) => matcher.group(which) ?? '',
      }
    }
    if (end === text.length) return undefined
  }
}

function expand(replace: string, match: Match): string {
  if (!replace.includes('$')) return replace
  return replace.replaceAll(REFERENCE, (whole: string, nth: string | undefined, name: string | undefined) => {
    if (nth !== undefined) return match.group(Number(nth))
    if (name !== undefined) return match.group(name)
    return whole === '$&' ? match.group(0) : '$'
  })
}

export type Replaced =
  | { readonly text: string; readonly matches: number }
  /** It was given up. */
  | { readonly because: 'too_much_work' | 'too_long' }

/**
 * Replaces in linear time, within a bound. Of matches longer than 256 characters a shorter one may be taken
 * where the expression has both.
 *
 * @param most characters that the result may have.
 * @param mostWork steps that it may take, a few nanoseconds each.
 */
export function replaceMatches(given: Replacement, text: string, most: number, mostWork = MOST_WORK): Replaced {
  const compiled = compiledOf(given)
  const first = firstWindow(given.pattern, compiled.programSize())
  let work = 0
  let at = 0
  let from = 0
  let length = 0
  let matches = 0
  const pieces: string[] = []
  while (from <= text.length) {
    const match = matchFrom(compiled, text, from, first, mostWork - work)
    if (match === undefined) break
    work += match.work
    if (match.start < 0) return { because: 'too_much_work' }
    const piece = text.slice(at, match.start) + expand(given.replace, match)
    length += piece.length
    if (length > most) return { because: 'too_long' }
    pieces.push(piece)
    matches++
    at = match.end
    from = match.end > match.start ? match.end : match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1)
    if (!given.all) break
  }
  const rest = text.slice(at)
  if (length + rest.length > most) return { because: 'too_long' }
  return { text: pieces.join('') + rest, matches }
}
