import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { inParallel } from './in-parallel.ts'
import type { Listed } from './listing.ts'
import { LARGEST_PROFILE } from './read-text.ts'
import { reasonOf } from './reason.ts'

/** What is there, as far as one can tell without reading it. */
export interface Fingerprint {
  /** Why the place could not be looked at; empty = it could. */
  readonly failure: string
  readonly marks: ReadonlyMap<string, Mark>
}

interface Mark {
  /** Which file it is, behind a link: its inode, and when that was made, as inodes are used again. `undefined` = there is none. */
  readonly identity?: string
  readonly isEmpty?: boolean
  /** Which file, its length, and when it and what is known of it were changed last. */
  readonly facts: string
  /** Its times may not tell the next change from the last one. */
  readonly isYoung: boolean
  readonly hash?: string | undefined
}

/** Times of files are as coarse as this on some file systems (FAT: 2 s, NFS and old kernels: what the server's clock ticks). */
const COARSEST_MS = 3000

/**
 * A file that was changed just now can be changed again without any of its times and its length being different: of these what is in them
 * counts as well. (As git does with its index.)
 *
 * @param before the one that it will be compared with.
 */
export async function takeFingerprint(listing: readonly Listed[], before?: Fingerprint): Promise<Fingerprint> {
  const marks = await inParallel(listing, ({ file }) => markOf(file, before?.marks.get(file)))
  return { failure: '', marks: new Map(listing.map(({ file }, index) => [file, marks[index] ?? GONE])) }
}

export function failed(error: unknown): Fingerprint {
  return { failure: reasonOf(error).text, marks: new Map() }
}

/** Whether there is nothing new in `now`, which was taken to be compared with `before`. */
export function isSame(before: Fingerprint, now: Fingerprint): boolean {
  if (before.failure !== now.failure || before.marks.size !== now.marks.size) return false
  return now.marks.entries().every(([file, mark]) => isSameMark(before.marks.get(file), mark))
}

/** What may be in the middle of being written, because it does not look like another file that has been put in the place of the old one. */
export function unsettled(before: Fingerprint, now: Fingerprint): 'written' | 'gone' | undefined {
  const isGone = before.marks.entries().some(([file, mark]) => isThere(mark) && !isThere(now.marks.get(file)))
  if (isGone || now.failure !== '') return 'gone'
  const isWritten = now.marks.entries().some(([file, mark]) => {
    const old = before.marks.get(file)
    return !isSameMark(old, mark) && (mark.isEmpty === true || !isThere(old) || old.identity === mark.identity)
  })
  return isWritten ? 'written' : undefined
}

function isSameMark(before: Mark | undefined, now: Mark): boolean {
  return before?.facts === now.facts && (!before.isYoung || before.hash === now.hash)
}

function isThere(mark: Mark | undefined): mark is Mark {
  return mark?.identity !== undefined
}

const GONE: Mark = { facts: 'gone', isYoung: false }

async function markOf(file: string, before: Mark | undefined): Promise<Mark> {
  try {
    // Of the file behind a symbolic link: by its inode a link that leads elsewhere is seen too.
    const entry = await stat(file, { bigint: true })
    const { dev, ino, mode, size, birthtimeNs, mtimeNs, ctimeNs, ctimeMs } = entry
    const facts = [dev, ino, mode, size, mtimeNs, ctimeNs].join(' ')
    const isYoung = Number(ctimeMs) > Date.now() - COARSEST_MS
    const counts = isYoung || (before?.isYoung === true && before.facts === facts)
    // Opening a pipe would wait for somebody to write into it.
    const hash = counts && entry.isFile() && size <= LARGEST_PROFILE ? await hashOf(file) : undefined
    return { identity: `${dev} ${ino} ${birthtimeNs}`, isEmpty: size === 0n, facts, isYoung, hash }
  } catch (error) {
    return { facts: reasonOf(error).code, isYoung: false }
  }
}

async function hashOf(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('base64')
  } catch (error) {
    return reasonOf(error).code
  }
}
