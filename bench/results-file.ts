import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SCHEMA, type Results } from './results.ts'

/** A file that holds no results that this version can read; the message names the file and is for the user. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError'
}

const text = z.string()
const texts = z.array(text)
const number = z.number()

const metric = z.object({
  key: text,
  label: text,
  // What Number.toFixed takes.
  digits: z.int().min(0).max(100),
  compared: z.exactOptional(z.boolean()),
  verdict: z.exactOptional(z.boolean()),
})

const schema = z.object({
  schema: z.literal(SCHEMA),
  date: z.iso.datetime(),
  seconds: number,
  interrupted: z.boolean(),
  commit: z.object({ hash: text, dirty: z.boolean() }),
  node: text,
  machine: z.object({ cpu: text, cores: number, memoryBytes: number, kernel: text, loadBefore: number }),
  options: z.object({ quick: z.boolean(), rounds: number, only: texts, rivals: texts, dist: z.boolean() }),
  cases: z.array(
    z.object({
      name: text,
      summary: text,
      metrics: z.array(metric),
      yardstick: z.exactOptional(text),
      seconds: number,
    }),
  ),
  verification: z.array(
    z.object({
      rival: text,
      version: text,
      state: z.enum(['verified', 'failed', 'not found']),
      reason: z.exactOptional(text),
      halfClose: z.exactOptional(z.boolean()),
    }),
  ),
  targets: z.array(
    z.object({ figure: text, target: text, unit: text, measured: number.nullable(), met: z.boolean().nullable() }),
  ),
  notes: texts,
  failures: texts,
  samples: z.array(
    z.object({ case: text, variant: text, rival: text, round: number, metrics: z.record(text, number) }),
  ),
})

/** The results in a file. Throws a `ResultsError` for what cannot be read, is no results file, or is one of another version. */
export function readResults(file: string): Results {
  const found: unknown = parse(file)
  const version = versionOf(found)
  if (version === undefined) {
    throw new ResultsError(`${file} is no results file of \`npm run bench\`: it has no "schema" and no "samples"`)
  }
  if (version !== SCHEMA) {
    throw new ResultsError(
      `${file} has results of schema ${version}, and this version reads schema ${SCHEMA}: ` +
        (version < SCHEMA ? 'measure again' : 'read it with the version that wrote it'),
    )
  }
  const parsed = schema.safeParse(found)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ResultsError(`${file} is damaged: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ResultsError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Files from before there were versions count as 1; `undefined` is what the bench never wrote. */
function versionOf(found: unknown): number | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  if ('schema' in found) return typeof found.schema === 'number' ? found.schema : undefined
  return 'samples' in found && 'verification' in found ? 1 : undefined
}

/** The newest results in a folder that are `like` what is looked for; what cannot be read is passed over. */
export function newestResults(folder: string, like: (results: Results) => boolean): Results | undefined {
  for (const name of resultFiles(folder)) {
    try {
      const results = readResults(join(folder, name))
      if (like(results)) return results
    } catch (error) {
      if (!(error instanceof ResultsError)) throw error
    }
  }
  return undefined
}

/** How many files are looked into: each is read whole. */
const MOST_FILES = 20

/** Names begin with the date: the last name is the newest. */
function resultFiles(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
    return names.sort().reverse().slice(0, MOST_FILES)
  } catch {
    // The folder is made when the first results are written.
    return []
  }
}
