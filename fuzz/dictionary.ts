import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What inputs of a target are made of: one text of JSON in a line. */
export function dictionary(target: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, 'dictionaries', `${target}.txt`), 'utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [String(JSON.parse(line))]))
}
