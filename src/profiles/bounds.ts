/** What a profile may have at most. All of it is there so that no document, however it was made, can hold up or exhaust a process. */

/** Bytes of UTF-8: as much as a request may have. */
export const LARGEST_TEXT = 2 ** 20
/** Lexical tokens of YAML. A text of that size with more has hardly anything but punctuation. */
export const MOST_TOKENS = 500_000
export const DEEPEST = 64
/** Values of a document, counted after aliases are put in their places. */
export const MOST_VALUES = 250_000
/** Of one key. */
export const LONGEST_KEY = 1000
/** Of the paths of all values together, characters. */
export const LONGEST_PATHS = 2 ** 24

export const MOST_PROXIES = 10_000
export const MOST_FAULTS = 50_000
export const MOST_VARS = 1000
export const MOST_LABELS = 64
export const LONGEST_LABEL = 256
export const MOST_EXTENDED = 100
/** Names and globs that one fault may be on. */
export const MOST_TARGETS = 1000
export const LONGEST_DESCRIPTION = 10_000
/** Of everything that variables put into one profile, characters. */
export const LARGEST_SUBSTITUTION = 2 ** 23

/** Problems that are told at once. */
export const MOST_PROBLEMS = 50
