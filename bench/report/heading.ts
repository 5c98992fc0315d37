import type { Results } from '../results.ts'
import type { Verification } from '../verify.ts'
import { warnings } from './warnings.ts'

/** Where, when and on what a run was made, and what speaks against its figures. */
export function heading(results: Results): string {
  const { date, seconds, options, verification, failures } = results
  const work = [options.quick ? 'quick run' : 'full run', `rounds: ${options.rounds}`, `${Math.round(seconds)} s`]
  if (options.dist) work.push('built code')
  const { subject, versions } = { subject: subjectOf(results), versions: versionsOf(verification) }
  return [
    `# Benchmarks of ${date}`,
    '',
    `${machineOf(results)}. ${subject}; ${work.join(', ')}.`,
    ...(versions === '' ? [] : ['', `Versions: ${versions}.`]),
    '',
    'Medians over the rounds, smallest and largest value in parentheses. CPU is the proxy’s own, user and system.',
    ...failures.map((failure) => `\n**FAILED: ${failure}**`),
    ...warnings(results).map((warning) => `\n**Warning: ${warning}**`),
  ].join('\n')
}

export function machineOf({ machine }: Pick<Results, 'machine'>): string {
  const { cpu, cores, memoryBytes, kernel, loadBefore } = machine
  return `${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, Linux ${kernel}, load before ${loadBefore.toFixed(1)}`
}

export function subjectOf({ node, commit }: Pick<Results, 'node' | 'commit'>): string {
  return `Node ${node}; commit ${commit.hash}${commit.dirty ? ' with changes that were not committed' : ''}`
}

/** `haproxy, haproxy-http 2.6.12; nginx 1.22.1`: those that were found. */
function versionsOf(verification: readonly Verification[]): string {
  const known = Map.groupBy(
    verification.filter(({ version }) => version !== ''),
    ({ version }) => version,
  )
  return [...known].map(([version, own]) => `${own.map(({ rival }) => rival).join(', ')} ${version}`).join('; ')
}
