import { BodyReader } from './body-reader.ts'
import { FOUND } from './events.ts'
import type { Found, FramerLimits, Refusal } from './events.ts'
import { HeadScanner, SCANNED } from './head-scanner.ts'
import { refusalOf } from './refusals.ts'
import type { RefusalRule } from './refusals.ts'

const DEFAULT_MAX_HEAD = 16_384
const DEFAULT_MAX_HEADERS = 128

const BETWEEN = 0
const IN_BODY = 1
const TUNNEL = 2
/** The last message has said that it is the last. */
const CLOSED = 3
const REFUSED = 4

/** What comes behind the head that has just been read. */
export type Behind = 'body' | 'head' | 'tunnel'

/**
 * One direction of an HTTP/1.1 connection, cut into messages (RFC 9112). It looks at bytes and tells where things end; it copies heads
 * alone. The bytes of a head that is not whole are not taken, they have to be given again with more behind them, and none of them is looked
 * at twice.
 */
export abstract class MessageFramer {
  /** Where what was found last ends. */
  end = 0
  /** Why nothing is read any more. */
  refusal: Refusal | undefined
  protected readonly scanner: HeadScanner
  protected readonly body: BodyReader
  #phase = BETWEEN
  #startLineRead = false

  constructor({ maxHead = DEFAULT_MAX_HEAD, maxHeaders = DEFAULT_MAX_HEADERS }: FramerLimits = {}) {
    this.scanner = new HeadScanner(maxHead, maxHeaders)
    this.body = new BodyReader(maxHead, maxHeaders)
  }

  /** A head has been told, and the end of its message has not: also where there is no body. */
  get inBody(): boolean {
    return this.#phase === IN_BODY
  }

  /** Reads on from `from` (which may be where the bytes end) and stops behind the first thing there is to tell. */
  read(bytes: Buffer, from: number): Found {
    this.end = from
    switch (this.#phase) {
      case BETWEEN:
        return this.#readHead(bytes, from)
      case IN_BODY:
        return this.#told(this.body.read(bytes, from))
      case TUNNEL:
        return FOUND.tunnel
      case CLOSED:
        this.end = bytes.length
        return from === bytes.length ? FOUND.nothing : FOUND.skip
      default:
        return FOUND.refused
    }
  }

  /**
   * Reads to the end of the message whose head has been told, without telling its parts: `end`, or `nothing` with all bytes read where more is to
   * come. Anywhere but in a message it reads nothing.
   */
  skip(bytes: Buffer, from: number): Found {
    if (this.#phase === IN_BODY) return this.#told(this.body.skip(bytes, from))
    this.end = from
    if (this.#phase === TUNNEL) return FOUND.tunnel
    return this.#phase === REFUSED ? FOUND.refused : FOUND.nothing
  }

  /**
   * The source has ended, everything it sent having been read: between messages (`idle`), at the end of a message that this ends (`complete`), or
   * within a message or a head (`cut`). A tunnel is `idle`.
   */
  finish(): 'idle' | 'complete' | 'cut' {
    switch (this.#phase) {
      case BETWEEN:
        return this.scanner.seen > 0 ? 'cut' : 'idle'
      case IN_BODY:
        return this.body.complete ? 'complete' : 'cut'
      case REFUSED:
        return 'cut'
      default:
        return 'idle'
    }
  }

  /** What is wrong in front of a head, whose first byte is at `from`, or how much of it is none of the head. */
  protected abstract before(bytes: Buffer, from: number): RefusalRule | Found | undefined
  /** Reads the start line between `from` and `to`, without its line end. */
  protected abstract startLine(bytes: Buffer, from: number, to: number): RefusalRule | undefined
  /** The head that begins at `from` is whole, and the scanner knows its length and facts: makes something of it. */
  protected abstract wholeHead(bytes: Buffer, from: number): RefusalRule | Behind
  /** The end of a message is told. Answers whether it was the last. */
  protected abstract messageOver(): boolean

  protected tunnel(): void {
    this.#phase = TUNNEL
  }

  protected refuse(rule: RefusalRule): Found {
    this.#phase = REFUSED
    this.refusal = refusalOf(rule)
    return FOUND.refused
  }

  #readHead(bytes: Buffer, from: number): Found {
    if (from === bytes.length) return FOUND.nothing
    const scanner = this.scanner
    if (scanner.seen === 0) {
      const before = this.before(bytes, from)
      if (before !== undefined) return typeof before === 'string' ? this.refuse(before) : before
    }
    const scanned = scanner.scan(bytes, from)
    if (!this.#startLineRead && scanner.startLineEnd >= 0) {
      // Before what the scanner refuses behind it: however the bytes are cut, the first mistake is the one that is told.
      const rule = this.startLine(bytes, from, from + scanner.startLineEnd)
      if (rule !== undefined) return this.refuse(rule)
      this.#startLineRead = true
    }
    if (scanned === SCANNED.more) return FOUND.nothing
    if (scanned === SCANNED.refused) return this.refuse(scanner.rule ?? 'control_character')
    return this.#begin(this.wholeHead(bytes, from), from)
  }

  #begin(behind: RefusalRule | Behind, from: number): Found {
    this.end = from + this.scanner.seen
    this.#startLineRead = false
    this.scanner.reset()
    switch (behind) {
      case 'body':
        this.#phase = IN_BODY
        return FOUND.head
      case 'head':
        return FOUND.head
      case 'tunnel':
        this.#phase = TUNNEL
        return FOUND.head
      default:
        this.end = from
        return this.refuse(behind)
    }
  }

  #told(found: Found): Found {
    this.end = this.body.end
    if (found === FOUND.end) this.#phase = this.messageOver() ? CLOSED : BETWEEN
    else if (found === FOUND.refused) return this.refuse(this.body.rule ?? 'bad_chunk_size')
    return found
  }
}
