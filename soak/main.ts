import { writeFile } from 'node:fs/promises'
import { parseOptions, USAGE, UsageError, type Options } from './options.ts'
import { summary } from './report.ts'
import { soak } from './run.ts'

// Leaving by `exit` ends the programs that were started, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  process.exit(await main(parseOptions(process.argv.slice(2))))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exit(2)
}

async function main(options: Options): Promise<number> {
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  if (process.platform !== 'linux')
    throw new UsageError('memory and descriptors of the server are read from /proc: Linux only')
  const report = await soak(options)
  console.log(summary(report))
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(report, undefined, 1)}\n`)
  return report.clean ? 0 : 1
}
