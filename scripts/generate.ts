import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cliReference } from '../src/cli/reference.ts'
import { schemaText } from '../src/cli/schema.ts'
import type { FaultDefinition } from '../src/faults/define.ts'
import { FAULTS } from '../src/faults/index.ts'
import { metricsReference } from '../src/observe/metrics-reference.ts'
import { errorsPage } from './generated/errors-page.ts'
import { faultPage, faultPlot } from './generated/fault-page.ts'
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
  ...FAULTS.flatMap(faultFiles),
  { path: 'docs/errors.md', make: errorsPage },
  { path: 'docs/cli.md', make: cliReference },
  { path: 'docs/metrics.md', make: metricsReference },
  { path: 'docs/profile.schema.json', make: schemaText },
]

/** Folders that hold nothing but generated files: what else is in them is left over from a fault that is gone. */
export const GENERATED_FOLDERS: readonly string[] = ['docs/faults']

function faultFiles(definition: FaultDefinition): readonly GeneratedFile[] {
  const plot = faultPlot(definition)
  const path = `docs/faults/${definition.type}`
  return [
    { path: `${path}.md`, make: () => faultPage(definition) },
    ...(plot === undefined ? [] : [{ path: `${path}.svg`, make: () => plot }]),
  ]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A file that is not what would be generated now, and what it should be; `undefined`: it should not be there. */
export interface StaleFile {
  readonly path: string
  readonly wanted: string | undefined
}

/** Of these files, and of what else is in the folders. `root` ends in a slash. */
export async function stale(
  files: readonly GeneratedFile[],
  root = ROOT,
  folders: readonly string[] = [],
): Promise<readonly StaleFile[]> {
  const checked = await Promise.all(
    files.map(async ({ path, make }) => {
      const [wanted, present] = await Promise.all([make(), contentOf(root + path)])
      return present === wanted ? [] : [{ path, wanted }]
    }),
  )
  const known = new Set(files.map(({ path }) => path))
  const present = await Promise.all(folders.map((folder) => filesIn(root, folder)))
  const left = present.flat().filter((path) => !known.has(path))
  return [...checked.flat(), ...left.map((path) => ({ path, wanted: undefined }))]
}

async function filesIn(root: string, folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(root + folder)).sort().map((name) => `${folder}/${name}`)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** `generate.ts` writes what is stale; `generate.ts --check` lists it and fails. */
async function main(check: boolean): Promise<void> {
  for (const { path, wanted } of await stale(GENERATED, ROOT, GENERATED_FOLDERS)) {
    if (check) {
      console.error(`${path} is ${wanted === undefined ? 'left over' : 'stale'}: run "npm run generate" and commit it`)
      process.exitCode = 1
    } else if (wanted === undefined) {
      await rm(ROOT + path, { recursive: true })
      console.log(`removed ${path}`)
    } else {
      await mkdir(dirname(ROOT + path), { recursive: true })
      await writeFile(ROOT + path, wanted)
      console.log(`wrote ${path}`)
    }
  }
}

if (import.meta.main) await main(process.argv.includes('--check'))
