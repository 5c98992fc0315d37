import type { Profile } from '../client/views.ts'
import type { CliContext } from './context.ts'
import { endText } from './lifetime-text.ts'
import { problemLine } from './problem-text.ts'

/** `2 proxies, 3 faults; ends in 10m`: what it is, on one line. */
export function profileText({ proxies, faults, ...lifetime }: Profile): string {
  return `${counted(proxies.length, 'proxy', 'proxies')}, ${counted(faults, 'fault', 'faults')}${endText(lifetime)}`
}

export function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}

export function sourceText({ source }: Profile): string {
  return source.kind === 'file' ? source.file : source.kind
}

/** What is wrong with the text of a profile, and what may not have been meant: no part of the answer, so that a script that reads stdout does not meet it. */
export function printRemarks(
  context: CliContext,
  { problems, warnings }: Pick<Profile, 'problems' | 'warnings'>,
): void {
  for (const problem of problems) context.err(`${problemLine(problem)}\n`)
  for (const warning of warnings) context.err(`warning: ${warning}\n`)
}
