import type { BodyKind } from '../../core/http.ts'
import { SP } from './chars.ts'
import type { Found } from './events.ts'
import { ResponseText } from './heads.ts'
import type { ParsedResponse } from './heads.ts'
import { MessageFramer } from './message-framer.ts'
import type { Behind } from './message-framer.ts'
import { minorOf } from './request-framer.ts'
import type { RefusalRule } from './refusals.ts'

/** The first bytes of TLS records with an alert (what a TLS server says to plain HTTP) or a handshake. */
const TLS_ALERT = 0x15
const TLS_HANDSHAKE = 0x16

/** `HTTP/1.1` */
const VERSION_LENGTH = 8
const SWITCHING_PROTOCOLS = 101
const NO_CONTENT = 204
const NOT_MODIFIED = 304

/** The responses of one connection, each of which is announced by `expect`. */
export class ResponseFramer extends MessageFramer {
  /** It is that of a 1xx other than 101: another head comes for the same request, and no `FOUND.end` between them. */
  interim = false
  #expected: string | undefined
  #head = new ResponseText()
  #status = 0
  #minor: 0 | 1 = 1

  /** The head that was found last. */
  get head(): ParsedResponse {
    return this.#head
  }

  /**
   * A response to a request with that method comes next; called for each, no sooner than the head of the one before has been found. The
   * method decides where the response ends (RFC 9112, section 6.3).
   */
  expect(method: string): void {
    this.#expected = method
  }

  protected override before(bytes: Buffer, from: number): RefusalRule | Found | undefined {
    const byte = bytes[from]
    if (byte === TLS_ALERT || byte === TLS_HANDSHAKE) return 'tls'
    return this.#expected === undefined ? 'unexpected_response' : undefined
  }

  protected override startLine(bytes: Buffer, from: number, to: number): RefusalRule | undefined {
    const versionEnd = from + VERSION_LENGTH
    const minor = minorOf(bytes, from, Math.min(versionEnd, to))
    if (minor === undefined) {
      return /^HTTP\/\d[\d.]* /.test(bytes.toString('latin1', from, to)) ? 'bad_version' : 'bad_status_line'
    }
    const statusEnd = versionEnd + 4
    if (bytes[versionEnd] !== SP || statusEnd > to) return 'bad_status_line'
    let status = 0
    for (let at = versionEnd + 1; at < statusEnd; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) return 'bad_status_line'
      status = status * 10 + digit
    }
    // The space behind the status is missing where there is no reason: wrong, common, and clear.
    if (status < 100 || (statusEnd < to && bytes[statusEnd] !== SP)) return 'bad_status_line'
    this.#status = status
    this.#minor = minor
    return undefined
  }

  protected override wholeHead(bytes: Buffer, from: number): RefusalRule | Behind {
    const { facts, seen, startLineEnd } = this.scanner
    const minor = this.#minor
    const status = this.#status
    if (facts.chunked && facts.length >= 0) return 'length_and_transfer_encoding'
    if (facts.chunked && minor === 0) return 'transfer_encoding_in_http10'

    this.interim = status < 200 && status !== SWITCHING_PROTOCOLS
    const tunnel = status === SWITCHING_PROTOCOLS || (this.#expected === 'CONNECT' && status >= 200 && status < 300)
    const bodyKind = tunnel ? 'none' : this.#bodyKind()
    const bodyLength = bodyKind === 'length' ? facts.length : 0
    if (this.#head.isKept) this.#head = new ResponseText()
    this.#head.set(
      bytes,
      from,
      seen,
      startLineEnd + 2,
      status,
      minor,
      bodyKind,
      bodyLength,
      bodyKind !== 'close' && facts.staysOpen(minor),
      facts.upgrade && facts.connectionUpgrade,
    )
    if (this.interim) return 'head'
    this.#expected = undefined
    if (tunnel) return 'tunnel'
    this.body.begin(bodyKind, bodyLength)
    return 'body'
  }

  protected override messageOver(): boolean {
    return false
  }

  #bodyKind(): BodyKind {
    const status = this.#status
    if (status < 200 || status === NO_CONTENT || status === NOT_MODIFIED || this.#expected === 'HEAD') return 'none'
    if (this.scanner.facts.chunked) return 'chunked'
    return this.scanner.facts.length >= 0 ? 'length' : 'close'
  }
}
