import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { cliReference } from '../src/cli/reference.ts'
import { metricsReference } from '../src/observe/metrics-reference.ts'
import { errorsPage } from './generated/errors-page.ts'
import { faultsPage } from './generated/faults-page.ts'

/** A file that is made from the source and committed. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string
  readonly make: () => string | Promise<string>
}

/** Every generated file. A new one is a line here. */
export const GENERATED: readonly GeneratedFile[] = [
  { path: 'docs/faults.md', make: faultsPage },
  { path: 'docs/errors.md', make: errorsPage },
  { path: 'docs/cli.md', make: cliReference },
  { path: 'docs/metrics.md', make: metricsReference },
]

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The files that are not what would be generated now, with what they should be. `root` ends in a slash. */
export async function stale(files: readonly GeneratedFile[], root = ROOT): Promise<{ path: string; wanted: string }[]> {
  const checked = await Promise.all(
    files.map(async ({ path, make }) => {
      const [wanted, present] = await Promise.all([make(), contentOf(root + path)])
      return present === wanted ? [] : [{ path, wanted }]
    }),
  )
  return checked.flat()
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** `generate.ts` writes what is stale; `generate.ts --check` lists it and fails. */
async function main(check: boolean): Promise<void> {
  for (const { path, wanted } of await stale(GENERATED)) {
    if (check) {
      console.error(`${path} is stale: run "npm run generate" and commit it`)
      process.exitCode = 1
    } else {
      await writeFile(ROOT + path, wanted)
      console.log(`wrote ${path}`)
    }
  }
}

if (import.meta.main) await main(process.argv.includes('--check'))
