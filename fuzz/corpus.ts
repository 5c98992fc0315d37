import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Inputs of a target, as files of a folder: seeds with names for people, what was found to reach more code, and what broke something once. */
export interface CorpusInput {
  readonly file: string
  readonly bytes: Buffer
}

export const CORPUS = join(import.meta.dirname, 'corpus')

/** As characters are numbered, wherever it runs. */
function byCode(one: string, other: string): number {
  return one < other ? -1 : 1
}

/** In the order of their names. */
export async function readCorpus(target: string, root = CORPUS): Promise<readonly CorpusInput[]> {
  const folder = join(root, target)
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return Promise.all(
    names
      .toSorted(byCode)
      .map(async (name) => ({ file: join(folder, name), bytes: await readFile(join(folder, name)) })),
  )
}

/** @param kind `crash`: something does not hold of it; `found`: it reaches code that nothing else does. */
export async function saveInput(
  target: string,
  kind: 'crash' | 'found',
  bytes: Buffer,
  root = CORPUS,
): Promise<string> {
  const folder = join(root, target)
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${kind}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`)
  await writeFile(file, bytes)
  return file
}

const WORD = /[A-Za-z_][\w-]{1,30}|\d{1,20}|[^\w\s]{1,3}/g
const MOST_WORDS = 2000

/** What the inputs are made of. */
export function wordsOf(inputs: readonly Buffer[]): readonly Buffer[] {
  const words = new Set<string>()
  for (const input of inputs) {
    for (const [word] of input.toString('latin1').matchAll(WORD)) if (words.size < MOST_WORDS) words.add(word)
  }
  return [...words].map((word) => Buffer.from(word, 'latin1'))
}
