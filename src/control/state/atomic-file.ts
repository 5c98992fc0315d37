import { constants, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Those who wrote it alone: there may be keys in it. */
const MODE = 0o600

const temporary = (path: string): string => `${path}.tmp-${process.pid}`

/**
 * Puts `text` in the place of what is in the file. Whatever happens meanwhile (an error, the end of the process or of the machine), there is the old
 * content or the new one, never a part of it.
 *
 * @throws what the system says; the file is as before then.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const fresh = temporary(path)
  try {
    // One that is left from an earlier process of that number: it might not be ours to write to, or be a link to somewhere.
    await rm(fresh, { force: true })
    await withFile(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, async (file) => {
      // Whatever the mask of the process is.
      await file.chmod(MODE)
      await file.writeFile(text)
      await file.sync()
    })
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {})
    throw error
  }
  // Without this the new name may be lost with the machine, though not the content.
  await withFile(dirname(path), constants.O_RDONLY, (directory) => directory.sync()).catch(ignoreUnsupported)
}

/** Removes what processes have left that were killed while they wrote. */
export async function removeLeftovers(path: string): Promise<void> {
  const begin = `${basename(path)}.tmp-`
  const names = await readdir(dirname(path)).catch(() => [])
  const left = names.filter((name) => name.startsWith(begin) && /^\d+$/.test(name.slice(begin.length)))
  await Promise.all(left.map((name) => rm(join(dirname(path), name), { force: true }).catch(() => {})))
}

async function withFile(path: string, flags: number, use: (file: FileHandle) => Promise<void>): Promise<void> {
  await using file = await open(path, flags, MODE)
  await use(file)
}

/** Some file systems (of networks, mostly) have nothing to do for a directory, and say so. */
function ignoreUnsupported(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EISDIR' && code !== 'EPERM' && code !== 'EACCES') throw error
}
