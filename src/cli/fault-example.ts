import type { FaultDescription } from '../faults/index.ts'
import { flagName } from './fault-flags.ts'
import { fieldText } from './field-text.ts'

/** The command that adds the example of a type, as a shell takes it. */
export function addLine(proxy: string, { type, example }: FaultDescription): string {
  return ['foulweather fault add', proxy, type, ...flagWords(example).map(quoted)].join(' ')
}

/** Fields as flags: the words of a command line. */
export function flagWords(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    if (value === true) return [flagName(field)]
    if (value === false) return [flagName(`no_${field}`)]
    return [flagName(field), fieldText(value)]
  })
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
