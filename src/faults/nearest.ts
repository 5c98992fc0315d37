import { closest, distance } from 'fastest-levenshtein'

/** The word that `text` was probably meant to be; `undefined` = none is near. Letter case does not count. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const typed = text.slice(0, 100).toLowerCase()
  if (words.length === 0 || typed.length < 2) return undefined
  const longer = words.find((word) => word.startsWith(typed))
  if (longer !== undefined) return longer
  const word = closest(typed, [...words])
  // More than half of it different is another word.
  return distance(typed, word) * 2 < Math.max(typed.length, word.length) ? word : undefined
}

/** The end of an error's text: `; did you mean "latency"?`, or nothing where no word is near. */
export function didYouMean(text: string, words: readonly string[]): string {
  const guess = nearest(text, words)
  return guess === undefined ? '' : `; did you mean ${JSON.stringify(guess)}?`
}
