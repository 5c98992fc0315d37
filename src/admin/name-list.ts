import { z } from 'zod'
import { compilePattern } from '../core/pattern.ts'
import { didYouMean } from '../faults/nearest.ts'

/** Parameters of a query. */
const LONGEST = 1000

/**
 * Names with commas between them, each a known one or a pattern (`fault-*`) → whether a name is meant. Anything that can be none of the known names is
 * refused: a misspelt one would keep silent for ever.
 */
export function nameList(known: readonly string[]) {
  const wanted = 'names with commas between them, also with * for any characters, such as fault-*'
  return z
    .string(wanted)
    .max(LONGEST, `at most ${LONGEST} characters`)
    .transform((text, context) => {
      const names = text.split(',').map((name) => name.trim())
      for (const name of names) {
        if (/^[a-z*?-]+$/.test(name) && known.some(compilePattern(name))) continue
        const message = `${wanted}${didYouMean(name, known)} (there are ${known.join(', ')})`
        context.addIssue({ code: 'custom', message })
        return z.NEVER
      }
      const patterns = names.map(compilePattern)
      return (name: string): boolean => patterns.some((matches) => matches(name))
    })
}
