import { constants, type FileHandle, open, rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import { LineQueue } from './line-queue.ts'

export interface AuditFileOptions {
  readonly path: string
  /** Bytes; a file that is full becomes `<path>.1`, in the place of the one before. Default: 10 MiB. */
  readonly maxBytes?: number
  /** Bytes that may wait for the disk; default: 4 MiB. */
  readonly queueBytes?: number
  /** How long to wait before a disk is tried again that could not be written, milliseconds. Default: 1000. */
  readonly retryMs?: number
}

/** What a close waits for the disk, milliseconds. */
const CLOSE_LIMIT_MS = 1000

/** Not blocking: what is no file (a pipe that nobody reads) must not hold a thread of the process up. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

/** Keys are in no entry, but who does what is nobody else's business. */
const MODE = 0o600

/**
 * A file with one line per change. Nothing waits for it: lines go through a bounded queue, and where the disk is full or hangs those that find no room in it
 * are dropped and counted. A line is written whole or, where the disk fills up within it, completed as soon as there is room.
 */
export class AuditFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #retryMs: number
  readonly #logger: Logger
  readonly #queue: LineQueue
  readonly #closing = new AbortController()
  #writing: Promise<void> | undefined
  #begun = false
  /** Something went wrong, was told, and is not mended yet. */
  #troubled = false
  /** What of `dropped` was told. */
  #droppedTold = 0

  constructor(
    { path, maxBytes = 10 * 2 ** 20, queueBytes = 4 * 2 ** 20, retryMs = 1000 }: AuditFileOptions,
    logger: Logger,
  ) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#retryMs = retryMs
    this.#logger = logger
    this.#queue = new LineQueue(queueBytes)
  }

  /** Lines that were not written, and will not be. */
  get dropped(): number {
    return this.#queue.dropped
  }

  /** @param line without its end. */
  append(line: string): void {
    if (this.#closing.signal.aborted) return
    if (!this.#queue.add(line)) this.#trouble('the disk does not keep up')
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined))
  }

  /** Answers when everything is written, or the disk has had its time; what is left then is dropped. */
  async close(): Promise<void> {
    this.#closing.abort()
    const late = new AbortController()
    const tooLong = sleep(CLOSE_LIMIT_MS, undefined, { signal: late.signal }).catch(() => {})
    await Promise.race([this.#writing, tooLong])
    late.abort()
    const left = this.#queue.clear()
    if (left > 0)
      this.#logger.error({ file: this.#path, dropped: left }, 'The audit file lacks changes: it could not be written')
  }

  async #writeAll(): Promise<void> {
    while (!this.#queue.empty) {
      try {
        await this.#writeSome()
      } catch (error) {
        this.#trouble(error instanceof Error ? error.message : String(error))
        if (this.#closing.signal.aborted) return
        await sleep(this.#retryMs, undefined, { ref: false, signal: this.#closing.signal }).catch(() => {})
      }
    }
    this.#mended()
  }

  /** Opened anew each time: whoever moves the file away, or deletes it, gets a new one. */
  async #writeSome(): Promise<void> {
    let file = await open(this.#path, FLAGS, MODE)
    try {
      const about = await file.stat()
      if (about.isFile()) {
        if (!this.#begun) await this.#endBrokenLine(file, about.size)
        const full = about.size > 0 && about.size + this.#queue.nextBytes > this.#maxBytes
        if (full && this.#queue.atLineStart) {
          await file.close()
          await rename(this.#path, `${this.#path}.1`)
          file = await open(this.#path, FLAGS, MODE)
          about.size = 0
        }
        await this.#write(file, this.#maxBytes - about.size)
      } else await this.#write(file, Infinity)
      this.#begun = true
    } finally {
      await file.close()
    }
  }

  /** As many lines as there is room for, and one at least. */
  async #write(file: FileHandle, room: number): Promise<void> {
    const bytes = this.#queue.peek(room)
    const { bytesWritten } = await file.write(bytes, 0, bytes.length)
    this.#queue.taken(bytesWritten)
  }

  /** A process that died while it wrote may have left half a line: what follows must not become part of it. */
  async #endBrokenLine(file: FileHandle, size: number): Promise<void> {
    if (size === 0) return
    await using reader = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    const last = Buffer.alloc(1)
    await reader.read(last, 0, 1, size - 1)
    if (last.toString() !== '\n') await file.write('\n')
  }

  #trouble(error: string): void {
    if (this.#troubled) return
    this.#troubled = true
    this.#logger.error(
      { file: this.#path, error },
      'Unable to write the audit file; trying on. Changes go on, and those that find no room in memory are dropped from the file',
    )
  }

  #mended(): void {
    if (!this.#troubled) return
    this.#troubled = false
    this.#logger.info(
      { file: this.#path, dropped: this.dropped - this.#droppedTold },
      'The audit file is written again',
    )
    this.#droppedTold = this.dropped
  }
}
