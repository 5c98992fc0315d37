import type { Results } from './results.ts'
import { machineOf, subjectOf } from './report/heading.ts'
import { table } from './report/table.ts'
import { warnings } from './report/warnings.ts'

/** What two runs do not have in common besides their figures. */
export function differences(a: Results, b: Results): string {
  const rows = facts(a, b).filter(([, before, after]) => before !== after)
  const where = [`- A: ${describe(a)}`, `- B: ${describe(b)}`].join('\n')
  const cautions = [...cautionsOf('A', a), ...cautionsOf('B', b)]
  const parts = [
    where,
    rows.length === 0
      ? 'The same machine, versions and options.'
      : `**These differ, and may be the reason for what differs below:**\n\n${table(['what', 'A', 'B'], rows)}`,
    cautions.join('\n\n'),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const describe = (results: Results): string => `${results.date}; ${machineOf(results)}. ${subjectOf(results)}`

const cautionsOf = (name: string, results: Results): readonly string[] =>
  [...results.failures.map((failure) => `FAILED: ${failure}`), ...warnings(results)].map(
    (text) => `**${name}: ${text}**`,
  )

const versionsOf = ({ verification }: Results): ReadonlyMap<string, string> =>
  new Map(verification.map(({ rival, version }) => [rival, version]))

type Fact = readonly [what: string, a: string, b: string]

function facts(a: Results, b: Results): readonly Fact[] {
  const of = (what: string, value: (results: Results) => string | number | boolean): Fact => [
    what,
    String(value(a)),
    String(value(b)),
  ]
  const [before, after] = [versionsOf(a), versionsOf(b)]
  // Foulweather's own version and commit are what is compared as a rule; the lines above name the commits.
  const shared = [...before.keys()].filter((rival) => after.has(rival))
  return [
    of('processor', ({ machine }) => machine.cpu),
    of('cores', ({ machine }) => machine.cores),
    of('memory, GiB', ({ machine }) => (machine.memoryBytes / 2 ** 30).toFixed(0)),
    of('kernel', ({ machine }) => machine.kernel),
    of('Node', ({ node }) => node),
    of('quick', ({ options }) => options.quick),
    of('rounds', ({ options }) => options.rounds),
    of('built code', ({ options }) => options.dist),
    ...shared.map((rival): Fact => [`version of ${rival}`, before.get(rival) ?? '', after.get(rival) ?? '']),
  ]
}
