import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { plotsOf } from './plots/index.ts'
import type { Plot } from './plots/plot.ts'
import { report } from './report.ts'
import type { Results } from './results.ts'
import { readResults } from './results-file.ts'

/** What of a run becomes files. All of it is written at once, so that a signal can be answered with it. */

/** Writes `<date>.json`, then `<date>.md` and a plot for each picture that there is beside it; answers their names. */
export function writeRun(folder: string, results: Results): readonly string[] {
  const name = results.date.replaceAll(':', '-').slice(0, 19)
  mkdirSync(folder, { recursive: true })
  const write = (file: string, text: string): string => {
    writeFileSync(join(folder, file), text)
    return join(folder, file)
  }
  // Figures first: nothing that goes wrong with pictures may take them along.
  const json = write(`${name}.json`, `${JSON.stringify(results, undefined, 1)}\n`)
  const markdown = write(`${name}.md`, report(results))
  return [json, markdown, ...writePlots(folder, name, plotsOf(results))]
}

function writePlots(folder: string, name: string, plots: readonly Plot[]): readonly string[] {
  mkdirSync(folder, { recursive: true })
  return plots.map((plot) => {
    const file = join(folder, `${name}-${plot.name}.svg`)
    writeFileSync(file, plot.svg)
    return file
  })
}

/** Draws the plots of a results file again, into `folder` or beside the file. */
export function redraw(
  file: string,
  folder = dirname(file),
): { readonly results: Results; readonly plots: readonly Plot[]; readonly files: readonly string[] } {
  const results = readResults(file)
  const plots = plotsOf(results)
  return { results, plots, files: writePlots(folder, basename(file, '.json'), plots) }
}
