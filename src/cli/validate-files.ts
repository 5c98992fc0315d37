import { stat } from 'node:fs/promises'
import type { ProfileFile } from '../profiles/document.ts'
import { ProfileFiles } from '../profiles/files/profile-files.ts'
import { CommandFailure } from './context.ts'
import { profileNameOf, readDocumentFile, shownFile, STDIN } from './document-file.ts'

/** The profiles that are named (`-` = stdin), and all of the directories that are; each once, in that order. @throws CommandFailure with the system's reason. */
export async function profileFiles(paths: readonly string[]): Promise<readonly ProfileFile[]> {
  const found = new Map<string, ProfileFile>()
  for (const path of paths) {
    const files = await read(path)
    for (const each of files) if (!found.has(each.file)) found.set(each.file, each)
  }
  return [...found.values()]
}

async function read(path: string): Promise<readonly ProfileFile[]> {
  if (path === STDIN) {
    const file = shownFile(STDIN)
    return [{ name: profileNameOf(file), file, text: await readDocumentFile(STDIN) }]
  }
  try {
    const isDirectory = (await stat(path)).isDirectory()
    const files = await new ProfileFiles(isDirectory ? { dir: path } : { files: [path] }).read()
    if (files.length === 0) throw new CommandFailure(`there are no profiles in ${path}: no *.yaml, *.yml or *.json`)
    return files
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), undefined, cause)
  }
}
