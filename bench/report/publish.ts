import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plot } from '../plots/plot.ts'
import { report } from '../report.ts'
import type { Results } from '../results.ts'
import { ResultsError } from '../results-file.ts'
import { machineOf, subjectOf } from './heading.ts'
import { shortRatioTable } from './ratios.ts'

/** Between these lines a page belongs to `--publish`, which replaces all of it. */
export const BEGIN = '<!-- bench:begin -->'
export const END = '<!-- bench:end -->'

const IMAGES = 'docs/images'
const PREFIX = 'bench-'

/** A page that results are published in, and the heading below which the markers go where it has none yet. */
const FULL = { file: 'docs/benchmarks.md', heading: '## Results' }
const SHORT = { file: 'README.md', heading: '## What it costs' }

/**
 * Writes the plots of a run to docs/images, the whole report between the markers of docs/benchmarks.md and its ratios between those of
 * README.md. Plots of earlier runs that are not drawn any more go. Answers the files written. Throws a `ResultsError`, before anything is
 * written, for a run that failed or was interrupted, and for a page whose markers do not make sense.
 */
export function publish(root: string, results: Results, plots: readonly Plot[]): readonly string[] {
  const [failure] = results.failures
  if (failure !== undefined) throw new ResultsError(`a run that failed is not published: ${failure}`)
  if (results.interrupted) throw new ResultsError('a run that was interrupted is not published')
  const pages = [
    { file: FULL.file, text: page(root, FULL, fullBlock(results, plots)) },
    { file: SHORT.file, text: page(root, SHORT, shortBlock(results, plots)) },
  ]
  const images = plots.map(({ name, svg }) => ({ file: `${IMAGES}/${PREFIX}${name}.svg`, text: svg }))
  mkdirSync(join(root, IMAGES), { recursive: true })
  for (const name of readdirSync(join(root, IMAGES))) {
    if (name.startsWith(PREFIX) && name.endsWith('.svg')) rmSync(join(root, IMAGES, name))
  }
  const files = [...images, ...pages]
  for (const { file, text } of files) writeFileSync(join(root, file), text)
  return files.map(({ file }) => file)
}

/** The report two levels down, its plots before it. */
function fullBlock(results: Results, plots: readonly Plot[]): string {
  const [title = '', ...rest] = report(results).trimEnd().split('\n')
  const lines = [title, '', ...plots.map((plot) => `${image(plot, 'images')}\n`), ...rest.slice(1)]
  return lines.map((line) => (/^#+ /.test(line) ? `##${line}` : line)).join('\n')
}

/** What a reader of the first page wants to know: what it costs, measured where, and where the rest is. */
function shortBlock(results: Results, plots: readonly Plot[]): string {
  return [
    `${machineOf(results)}; ${subjectOf(results)}; ${results.date.slice(0, 10)}, medians of ${results.options.rounds} rounds that rivals took in turns:`,
    shortRatioTable(results),
    ...plots.filter(({ name }) => name.startsWith('cpu-')).map((plot) => image(plot, IMAGES)),
    `Everything else that was measured, and how: [${FULL.file}](${FULL.file}).`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const image = ({ name, alt }: Plot, folder: string): string => `![${alt}](${folder}/${PREFIX}${name}.svg)`

function page(root: string, { file, heading }: typeof FULL, block: string): string {
  return withBlock(readFileSync(join(root, file), 'utf8'), block, { file, heading })
}

/** The text with `block` between its markers; without markers, they go below the heading, and where that is missing, at the end. */
export function withBlock(text: string, block: string, { file, heading }: typeof FULL): string {
  const lines = text.split('\n')
  const [begins, ends] = [placesOf(lines, BEGIN), placesOf(lines, END)]
  const [begin, end] = [begins[0], ends[0]]
  const marked = [BEGIN, '', block, '', END]
  if (begin === undefined && end === undefined) {
    const place = lines.indexOf(heading)
    if (place === -1) return `${text.trimEnd()}\n\n${marked.join('\n')}\n`
    return lines.toSpliced(place + 1, 0, '', ...marked).join('\n')
  }
  if (begin === undefined || end === undefined || begins.length > 1 || ends.length > 1 || end < begin) {
    throw new ResultsError(`${file} has to have one line ${BEGIN} and, after it, one line ${END}, or neither`)
  }
  return lines.toSpliced(begin, end - begin + 1, ...marked).join('\n')
}

const placesOf = (lines: readonly string[], marker: string): readonly number[] =>
  lines.flatMap((line, place) => (line.trim() === marker ? [place] : []))
