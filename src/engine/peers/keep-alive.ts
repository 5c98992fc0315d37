import { KEEP_ALIVE_SECONDS, type AcceptedHandle } from './peer.ts'

/** A connection that may be asked to keep itself alive. `youngIndex` belongs to `young` and `settled`; -1 = it is not waited for. */
export interface Young {
  youngIndex: number
  readonly keepsAlive: AcceptedHandle | undefined
}

/**
 * To tell the kernel to look after a connection takes four system calls, as much as a short one needs for all of its reads and writes. It looks
 * after 15 s of silence for the first time, so that connections that are gone within a second never have to be told of.
 */
const YOUNG_MS = 1000

const waiting: Young[] = []
let timer: NodeJS.Timeout | undefined

/** `one` is connected: unless it is `settled` before, the kernel is told within a second or two. */
export function young(one: Young): void {
  one.youngIndex = waiting.length
  waiting.push(one)
  timer ??= setTimeout(grown, YOUNG_MS).unref()
}

export function settled(one: Young): void {
  const index = one.youngIndex
  if (index < 0) return
  one.youngIndex = -1
  const last = waiting.pop()
  if (last === undefined || last === one) return
  waiting[index] = last
  last.youngIndex = index
}

function grown(): void {
  timer = undefined
  for (const one of waiting) {
    one.youngIndex = -1
    one.keepsAlive?.setKeepAlive?.(true, KEEP_ALIVE_SECONDS)
  }
  waiting.length = 0
}
