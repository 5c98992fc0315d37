import { fileURLToPath } from 'node:url'
import { parseOptions, USAGE, UsageError, type Options } from './options.ts'
import type { Plot } from './plots/plot.ts'
import type { Results } from './results.ts'
import { ResultsError } from './results-file.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n\`npm run bench -- --help\` says what there is.`)
  else if (error instanceof ResultsError) console.error(error.message)
  else throw error
  process.exitCode = 2
}

/** What a mode needs is loaded for it alone: drawing takes longer to load than a comparison to make. */
async function main(options: Options): Promise<number> {
  if (options.help) console.log(USAGE)
  else if (options.list) console.log((await import('./main-list.ts')).listing(options))
  else if (options.compare !== undefined) await compare(options.compare)
  else if (options.plots !== undefined) await redraw(options.plots, options)
  else return measure(options)
  return 0
}

async function compare([a, b]: readonly [string, string]): Promise<void> {
  const [{ readResults }, { comparison }] = await Promise.all([import('./results-file.ts'), import('./compare.ts')])
  console.log(comparison(readResults(a), readResults(b)))
}

async function redraw(file: string, options: Options): Promise<void> {
  const files = await import('./main-files.ts')
  const drawn = files.redraw(file, options.out)
  for (const name of drawn.files) console.error(`written: ${name}`)
  if (options.publish) await publish(drawn.results, drawn.plots)
}

async function measure(options: Options): Promise<number> {
  const [{ Run }, { report }] = await Promise.all([import('./main-run.ts'), import('./report.ts')])
  const run = new Run(options)
  const interrupt = (): void => {
    run.write(true)
    // Leaving by `exit` ends the programs that were started, too.
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt)
  await run.measure()
  const results = run.write(false)
  console.log(report(results))
  if (options.publish) await publish(results)
  return results.failures.length > 0 ? 1 : 0
}

async function publish(results: Results, plots?: readonly Plot[]): Promise<void> {
  const [{ publish }, { plotsOf }] = await Promise.all([import('./report/publish.ts'), import('./plots/index.ts')])
  for (const file of publish(REPOSITORY, results, plots ?? plotsOf(results))) console.error(`published: ${file}`)
}
