import type { Case } from './cases/case.ts'
import { CASES } from './cases/index.ts'
import { allRivals } from './rivals/index.ts'
import type { Rival } from './rivals/rival.ts'

const NAME_WIDTH = 28

const line = ({ name, summary }: { readonly name: string; readonly summary: string }, mark: string): string =>
  `  ${name.padEnd(NAME_WIDTH)}${summary}${mark}`

const caseLine = (one: Case): string => line(one, one.heavy === true ? ' [heavy]' : '')

const rivalLine = (one: Rival): string => line(one, one.slow === true ? ' [slow]' : '')

/** What `--list` prints: cases by their groups, then rivals, with what a quick run leaves out. */
export function listing(options: { readonly dist: boolean }): string {
  const groups = Map.groupBy(CASES, ({ group }) => group)
  const sections = [...groups].map(([group, own]) => {
    const title = group === undefined ? 'Cases' : `Cases of the group ${group} (not run unless named)`
    return `${title}:\n${own.map(caseLine).join('\n')}`
  })
  const rivals = `Rivals:\n${allRivals(options).map(rivalLine).join('\n')}`
  return [...sections, rivals, '[heavy] and [slow]: left out by --quick, unless named.'].join('\n\n')
}
