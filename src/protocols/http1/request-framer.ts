import type { BodyKind } from '../../core/http.ts'
import { CR, LF, SP, TARGET, TOKEN } from './chars.ts'
import { FOUND } from './events.ts'
import type { Found } from './events.ts'
import { RequestText } from './heads.ts'
import type { ParsedRequest } from './heads.ts'
import { MessageFramer } from './message-framer.ts'
import type { Behind } from './message-framer.ts'
import type { RefusalRule } from './refusals.ts'

/** The first byte of a TLS record with a handshake. */
const TLS_HANDSHAKE = 0x16

const VERSION = 'HTTP/1.'

/**
 * The requests of one connection.
 *
 * Behind a request with `Connection: close` (or of HTTP/1.0 without `keep-alive`) nothing is a request any more, and all bytes are told as
 * `FOUND.skip` (RFC 9112, section 9.6). What comes behind a CONNECT or an `upgrade` is for a tunnel if the answer says so, and for another request
 * if not: it should not be read before the answer is known, and `becomeTunnel` is to be called where it is one.
 */
export class RequestFramer extends MessageFramer {
  #head = new RequestText()
  #emptyLine = false
  #method = ''
  #target = ''
  /** The method that it was found right for. */
  #targetOf = ''
  #minor: 0 | 1 = 1

  /** The head that was found last. */
  get head(): ParsedRequest {
    return this.#head
  }

  /** From now on the bytes are none of HTTP. */
  becomeTunnel(): void {
    this.tunnel()
  }

  protected override before(bytes: Buffer, from: number): RefusalRule | Found | undefined {
    const byte = bytes[from]
    if (byte === TLS_HANDSHAKE) return 'tls'
    if (byte !== CR) return undefined
    if (bytes.length === from + 1) return FOUND.nothing
    if (bytes[from + 1] !== LF) return 'bare_cr'
    if (this.#emptyLine) return 'empty_line'
    this.#emptyLine = true
    this.end = from + 2
    return FOUND.skip
  }

  protected override startLine(bytes: Buffer, from: number, to: number): RefusalRule | undefined {
    let at = from
    while (at < to && TOKEN[bytes[at] ?? 0] === 1) at++
    const methodEnd = at
    if (at === from || (at < to && bytes[at] !== SP)) return 'bad_method'
    at++
    while (at < to && TARGET[bytes[at] ?? 0] === 1) at++
    if (at >= to) return 'bad_request_line'
    const target = methodEnd + 1
    if (at === target || bytes[at] !== SP) return 'bad_target'
    if (!isText(this.#method, bytes, from, methodEnd)) this.#method = methodOf(bytes, from, methodEnd)
    const minor = minorOf(bytes, at + 1, to)
    if (minor === undefined) return ruleOfVersion(bytes.toString('latin1', at + 1, to), this.#method)
    this.#minor = minor
    // Who asks for the same again (a poll, a check of health) needs no new text, nor to have that checked.
    if (isText(this.#target, bytes, target, at) && this.#targetOf === this.#method) return undefined
    // A copy of its own: a slice of the text of the head would keep all of that alive in the records that hold a target.
    this.#target = bytes.toString('latin1', target, at)
    this.#targetOf = this.#method
    return isTarget(this.#target, this.#method) ? undefined : 'bad_target'
  }

  protected override wholeHead(bytes: Buffer, from: number): RefusalRule | Behind {
    const { facts, seen, startLineEnd } = this.scanner
    const { chunked, length, hosts } = facts
    const minor = this.#minor
    if (chunked && length >= 0) return 'length_and_transfer_encoding'
    if (chunked && minor === 0) return 'transfer_encoding_in_http10'
    if (hosts !== 1) {
      if (hosts > 1) return 'repeated_host'
      if (minor === 1) return 'missing_host'
    } else if (!facts.hostIsAuthority(bytes, from)) return 'bad_host'
    if (this.#method === 'CONNECT' && (chunked || length > 0)) return 'connect_with_body'

    const bodyKind: BodyKind = chunked ? 'chunked' : length >= 0 ? 'length' : 'none'
    const bodyLength = length > 0 ? length : 0
    if (this.#head.isKept) this.#head = new RequestText()
    this.#head.set(
      bytes,
      from,
      seen,
      startLineEnd + 2,
      this.#method,
      this.#target,
      minor,
      bodyKind,
      bodyLength,
      facts.staysOpen(minor),
      facts.upgrade && facts.connectionUpgrade && minor === 1,
      facts.expectContinue && minor === 1,
      hosts === 0 ? -1 : facts.hostStart,
      facts.hostEnd,
    )
    this.body.begin(bodyKind, bodyLength)
    this.#emptyLine = false
    return 'body'
  }

  protected override messageOver(): boolean {
    return !this.#head.keepAlive
  }
}

/** Whether the bytes between `from` and `to` are that text. */
function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[from + at]) return false
  return true
}

const COMMON_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((name) => ({
  name,
  bytes: Buffer.from(name),
}))

/** Without making a new text for those that nearly all requests have. */
function methodOf(bytes: Buffer, from: number, to: number): string {
  for (const method of COMMON_METHODS) {
    if (method.bytes.length !== to - from) continue
    let at = 0
    while (at < method.bytes.length && bytes[from + at] === method.bytes[at]) at++
    if (at === method.bytes.length) return method.name
  }
  return bytes.toString('latin1', from, to)
}

/** The minor version of `HTTP/1.0` or `HTTP/1.1` between `from` and `to`; `undefined` = it is something else. */
export function minorOf(bytes: Uint8Array, from: number, to: number): 0 | 1 | undefined {
  if (to - from !== VERSION.length + 1) return undefined
  for (let i = 0; i < VERSION.length; i++) if (bytes[from + i] !== VERSION.charCodeAt(i)) return undefined
  const digit = bytes[to - 1]
  if (digit === 0x31) return 1
  return digit === 0x30 ? 0 : undefined
}

function ruleOfVersion(text: string, method: string): RefusalRule {
  if (method === 'PRI' && text === 'HTTP/2.0') return 'http2'
  return /^HTTP\/\d[\d.]*$/.test(text) ? 'bad_version' : 'bad_request_line'
}

const HOST_AND_PORT = /^(?:\[[\da-f:.]+\]|[\w.~%!$&'()*+,;=-]+):\d{1,5}$/i
const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\/(?:[\w.~%!$&'()*+,;=:-]*@)?[\w.~%!$&'()*+,;=:[\]-]+(?:[/?#]|$)/i

/** The four forms of RFC 9112, section 3.2. `*` is left to all methods: it delimits nothing. */
function isTarget(target: string, method: string): boolean {
  if (method === 'CONNECT') return HOST_AND_PORT.test(target)
  return target.startsWith('/') || target === '*' || ABSOLUTE.test(target)
}
