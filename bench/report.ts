import { caseSection } from './report/case-section.ts'
import { heading } from './report/heading.ts'
import { ratioTable } from './report/ratios.ts'
import { NONE, table } from './report/table.ts'
import type { Results } from './results.ts'
import type { TargetOutcome } from './targets.ts'
import type { Verification } from './verify.ts'

/** A run as Markdown: where it ran and what speaks against it, all ratios, whether the targets are met, one table for each case. */
export function report(results: Results): string {
  const ratios = ratioTable(results)
  const sections = [
    heading(results),
    ratios === '' ? '' : `## Ratios\n\nMedians of the ratios that the rounds had, each within itself.\n\n${ratios}`,
    `## Targets\n\n${targetTable(results.targets)}`,
    ...results.cases.map((one) => caseSection(one, results)),
    verificationTable(results.verification),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

const MARKS = new Map<boolean | null, string>([
  [true, '✓ met'],
  [false, '✗ missed'],
  [null, 'not measured'],
])

function targetTable(targets: readonly TargetOutcome[]): string {
  const rows = targets.map(({ figure, target, unit, measured, met }) => [
    figure,
    target,
    measured === null ? NONE : `${Number(measured.toPrecision(3))} ${unit}`,
    MARKS.get(met) ?? '',
  ])
  return table(['figure', 'target', 'measured', ''], rows)
}

function verificationTable(verification: readonly Verification[]): string {
  const rows = verification.map(({ rival, version, state, reason, halfClose }) => [
    rival,
    version === '' ? NONE : version,
    state + (reason === undefined ? '' : `: ${reason}`),
    halfClose === undefined ? NONE : halfClose ? 'yes' : 'no',
  ])
  return `## Rivals\n\n${table(['rival', 'version', 'checked stream both ways', 'half-close passes'], rows)}`
}
