import { isUtf8 } from 'node:buffer'
import type { BigIntStats } from 'node:fs'
import { constants, type FileHandle, lstat, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from './reason.ts'

/** Of one profile, bytes: as much as a request may have. */
export const LARGEST_PROFILE = 2 ** 20

/** Somebody writes while we read, or is between taking a file away and making it anew: both are over in a moment, or not at all. */
const TRIES = 6
const BETWEEN_TRIES_MS = 10

export type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: string }
  | { readonly kind: 'gone' }

/** What is in a file, whole: never what was there while it was being written. */
export async function readText(file: string): Promise<ReadText> {
  let last: ReadText | 'changing' = 'changing'
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await sleep(BETWEEN_TRIES_MS)
    last = await tryOnce(file)
    // Most empty files have been emptied to be written anew.
    const isSettled = last !== 'changing' && last.kind !== 'gone' && !(last.kind === 'text' && last.text === '')
    if (isSettled) break
  }
  if (last !== 'changing') return last
  return { kind: 'problem', problem: 'it is written to again and again, and could not be read in between' }
}

async function tryOnce(file: string): Promise<ReadText | 'changing'> {
  try {
    // Without O_NONBLOCK a pipe would wait for somebody to write into it.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    return await readWhole(handle)
  } catch (error) {
    if (reasonOf(error).code !== 'ENOENT')
      return { kind: 'problem', problem: `it cannot be read: ${reasonOf(error).text}` }
    const isThere = await lstat(file).then(
      (facts) => facts.isSymbolicLink(),
      () => false,
    )
    return isThere
      ? { kind: 'problem', problem: 'it is a symbolic link to a file that is not there' }
      : { kind: 'gone' }
  }
}

async function readWhole(handle: FileHandle): Promise<ReadText | 'changing'> {
  const before = await handle.stat({ bigint: true })
  if (!before.isFile()) {
    const what = before.isDirectory() ? 'it is a directory' : 'it is no regular file'
    return { kind: 'problem', problem: `${what}; a profile is a file` }
  }
  if (before.size > LARGEST_PROFILE) {
    const problem = `it has ${before.size} bytes, and a profile may have ${LARGEST_PROFILE}`
    return { kind: 'problem', problem }
  }
  // One byte more than there should be: a file that grows is seen.
  const memory = Buffer.alloc(Number(before.size) + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(memory, length, memory.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === memory.length) break
  }
  const after = await handle.stat({ bigint: true })
  if (length !== Number(before.size) || isOther(before, after)) return 'changing'
  const bytes = memory.subarray(0, length)
  if (!isUtf8(bytes)) return { kind: 'problem', problem: 'what is in it is no text (UTF-8)' }
  // The mark that some editors put in front of UTF-8 is no part of the text.
  return { kind: 'text', text: bytes.toString().replace(/^\uFEFF/, '') }
}

function isOther(one: BigIntStats, other: BigIntStats): boolean {
  return one.size !== other.size || one.mtimeNs !== other.mtimeNs || one.ctimeNs !== other.ctimeNs
}
