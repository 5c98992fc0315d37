import { RE2JS } from 're2js'
import { FoulweatherError } from './errors.ts'

/** Characters of a pattern, the flag of a regular expression not counted: it may be put there. */
export const LONGEST_PATTERN = 1000

/** Steps of a compiled regular expression: every character of a value may cost as many. `.{0,200}` has 400, and takes 0.1 s for a path of 16 KB. */
const MOST_STEPS = 500

/** What has more is not compiled at all. */
const FAR_TOO_MANY = 3 * MOST_STEPS

export type Matches = (value: string) => boolean

/** `/…/` or `/…/i`. A `/` inside does not have to be escaped: the last one ends it. */
const REGEX = /^\/(.+)\/(i?)$/s

/** What looks like a regular expression with flags that there are none of; a path such as `/a/g` has nothing that only those have. */
const OTHER_FLAGS = /^\/.*[\\^$()[\]{}|+].*\/[a-z]{1,8}$/s

/**
 * Whether a whole value is what a pattern describes. A pattern is a text in which `*` stands for any run of characters (`/` included) and `?`
 * for one; or, between slashes, a regular expression that may hold anywhere in the value: RE2's syntax (no look-around, no
 * back-references), so that matching takes a time in proportion to the length of the value, whatever the expression. `i` behind the last slash:
 * letter case does not count.
 *
 * @throws FoulweatherError `invalid_value` for a text of more than 1000 characters, and a regular expression that cannot be compiled, or is too big.
 */
export function compilePattern(text: string): Matches {
  if (text.length > LONGEST_PATTERN + 1) throw tooLong(text)
  const [, regex, flags = ''] = REGEX.exec(text) ?? []
  if (text.length - flags.length > LONGEST_PATTERN) throw tooLong(text)
  if (regex !== undefined) return compileRegex(text, regex, flags === 'i')
  if (!OTHER_FLAGS.test(text)) return compileGlob(text)
  throw bad(text, 'a regular expression with no flag but i')
}

/** What `compilePattern` has against a text, as what would be right; `undefined` = nothing. */
export function patternRefusal(text: string): string | undefined {
  try {
    compilePattern(text)
    return undefined
  } catch (error) {
    if (error instanceof FoulweatherError) return error.expected
    throw error
  }
}

/** The same pattern for values that are in lower case. What compiles, compiles then too. */
export function lowerCasePattern(text: string): string {
  const [, regex, flags] = REGEX.exec(text) ?? []
  if (regex !== undefined) return flags === 'i' ? text : `${text}i`
  // Some characters are several in lower case, and a pattern has only so many.
  const lower = text.replaceAll(/./gsu, (one) => (one.toLowerCase().length === one.length ? one.toLowerCase() : one))
  // `/(/I` has wildcards at most; `/(/i` would be a regular expression.
  return REGEX.test(lower) || OTHER_FLAGS.test(lower) ? `${lower.slice(0, -1)}?` : lower
}

function tooLong(text: string): FoulweatherError {
  return bad(text, `a pattern of at most ${LONGEST_PATTERN} characters`)
}

function bad(value: string, expected: string): FoulweatherError {
  return new FoulweatherError('invalid_value', `expected ${expected}`, { value: value.slice(0, 100), expected })
}

function compileRegex(text: string, regex: string, anyCase: boolean): Matches {
  const compiled = compiledOf(text, regex, anyCase)
  if (compiled.programSize() <= MOST_STEPS) return (value) => compiled.test(value)
  throw bad(text, `a smaller regular expression (this one has ${compiled.programSize()} steps of ${MOST_STEPS})`)
}

function compiledOf(text: string, regex: string, anyCase: boolean): RE2JS {
  // Compiling writes every repetition out first: a text of a thousand characters may say a hundred thousand steps, in a third of a second.
  const least = leastSteps(regex)
  if (least > FAR_TOO_MANY) {
    throw bad(text, `a smaller regular expression (this one has at least ${least} steps of ${MOST_STEPS})`)
  }
  try {
    return RE2JS.compile(regex, anyCase ? RE2JS.CASE_INSENSITIVE : 0)
  } catch (error) {
    // Whatever the library has against it is a mistake of the expression.
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    throw bad(text, `a regular expression that compiles (${why})`)
  }
}

/** What stands for one step, or opens or closes a group, or repeats what is in front of it. */
const PIECES =
  /\\Q.*?(?:\\E|$)|\\(?:x\{[^}]*\}|p\{[^}]*\}|P\{[^}]*\}|[pPx]?.)|\[\^?\]?(?:\[:[^\]]*:\]|\\(?:[xpP]\{[^}]*\}|.)|[^\]\\])*\]|\((?:\?(?:P?<\w+>|[a-zA-Z-]*:?))?|\)|\{(\d{1,4})(?:,(\d{0,4}))?\}|./gsu

const NO_STEP = /^(?:[$^]|\\[QbBAzE].*)$/s

/** A group of a regular expression: the steps of the alternative that is read, of the largest before it, and of the last piece. */
interface Group {
  steps: number
  largest: number
  last: number
}

const emptyGroup = (): Group => ({ steps: 0, largest: 0, last: 0 })

/**
 * No more steps than a regular expression has when it is compiled: what is repeated, as often as it is. Of alternatives the largest, because the
 * library may make one of several. Of what does not compile, anything.
 */
function leastSteps(regex: string): number {
  const outer: Group[] = []
  let group = emptyGroup()
  for (const [piece, from, to] of regex.matchAll(PIECES)) {
    if (from !== undefined) {
      const times = Math.max(Number(from), Number(to ?? 0))
      group.steps += group.last * (times - 1)
      group.last *= times
    } else if (piece === ')') {
      const last = stepsOf(group)
      group = outer.pop() ?? emptyGroup()
      group.steps += last
      group.last = last
    } else if (piece.startsWith('(')) {
      outer.push(group)
      group = emptyGroup()
    } else if (piece === '|') {
      group = { steps: 0, largest: stepsOf(group), last: 0 }
    } else if (!/^[*+?]$/.test(piece)) {
      group.last = NO_STEP.test(piece) ? 0 : 1
      group.steps += group.last
    }
  }
  return Math.max(stepsOf(group), ...outer.map(stepsOf))
}

function stepsOf({ steps, largest }: Group): number {
  return Math.max(steps, largest)
}

/** Most have no wildcard, or one at an end. */
function compileGlob(glob: string): Matches {
  const wildcard = glob.search(/[*?]/)
  if (wildcard < 0) return (value) => value === glob
  if (glob === '*') return () => true
  if (wildcard === glob.length - 1 && glob.endsWith('*')) {
    const start = glob.slice(0, -1)
    return (value) => value.startsWith(start)
  }
  const end = glob.slice(1)
  if (glob.startsWith('*') && !/[*?]/.test(end)) return (value) => value.endsWith(end)
  return (value) => globMatches(glob, value)
}

const ANY = 0x2a
const ONE = 0x3f

/**
 * Two pointers, and one place to go back to: the last `*`, which then takes a character more. Earlier ones never have to be asked again, so it
 * takes at most the product of both lengths, without recursion.
 */
function globMatches(glob: string, value: string): boolean {
  let g = 0
  let v = 0
  let star = -1
  let taken = 0
  while (v < value.length) {
    const code = g < glob.length ? glob.charCodeAt(g) : -1
    if (code === ANY) {
      star = g++
      taken = v
    } else if (code === ONE || code === value.charCodeAt(v)) {
      g++
      v++
    } else if (star >= 0) {
      g = star + 1
      v = ++taken
    } else return false
  }
  while (g < glob.length && glob.charCodeAt(g) === ANY) g++
  return g === glob.length
}
