import type { Random } from '../../../src/core/random.ts'
import type { StreamCase } from './outcome.ts'

/** Makes streams of HTTP/1.1: most of them right or nearly right, cut anywhere. The same numbers make the same stream. */
export class StreamMaker {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  make(): StreamCase {
    const kind = this.#chance(0.6) ? 'request' : 'response'
    const methods: string[] = []
    const parts: string[] = []
    const count = 1 + this.#below(4)
    for (let i = 0; i < count; i++) parts.push(kind === 'request' ? this.#request() : this.#response(methods))
    let text = parts.join('')
    if (this.#chance(0.6)) for (let i = 1 + this.#below(3); i > 0; i--) text = this.#mutated(text)
    if (this.#chance(0.1)) text = text.slice(0, this.#below(text.length + 1))
    const bytes = Buffer.from(text, 'latin1')
    return { kind, bytes, cuts: this.#cuts(bytes.length), methods }
  }

  #request(): string {
    const method = this.#mostly(METHODS, ODD_METHODS)
    const target = method === 'CONNECT' ? this.#pick(AUTHORITIES) : this.#mostly(TARGETS, ODD_TARGETS)
    const fields = this.#chance(0.99) ? [`${this.#cased('Host')}:${this.#blank()}${this.#pick(AUTHORITIES)}`] : []
    const before = this.#chance(0.05) ? this.#mostly(['\r\n'], ['\n', '\r\n\r\n']) : ''
    const body = method === 'CONNECT' && this.#chance(0.9) ? '' : this.#body(fields, 0.4)
    return `${before}${method} ${target} ${this.#version()}\r\n${this.#head(fields)}${body}`
  }

  #response(methods: string[]): string {
    methods.push(this.#mostly(METHODS, ['FOO']))
    const interim = this.#chance(0.1)
      ? `HTTP/1.1 ${this.#pick(['100 Continue', '103 Early Hints', '102 '])}\r\n${this.#head([])}`
      : ''
    const status = this.#mostly(STATUSES, ODD_STATUSES)
    const fields: string[] = []
    const bodyless = methods.at(-1) === 'HEAD' || /^(?:1..|204|304)/.test(status)
    const body = this.#body(fields, bodyless ? 0.1 : 0.95)
    const sent = bodyless && this.#chance(0.95) ? '' : body
    return `${interim}${this.#version()} ${status}\r\n${this.#head(fields)}${sent}`
  }

  /** Adds to the fields what delimits it. */
  #body(fields: string[], share: number): string {
    if (!this.#chance(share)) return ''
    const text = this.#text(this.#below(40))
    if (this.#chance(0.5)) {
      fields.push(
        `${this.#cased('Content-Length')}:${this.#blank()}${this.#chance(0.05) ? '0' : ''}${text.length}${this.#blank()}`,
      )
      return text
    }
    fields.push(
      `${this.#cased('Transfer-Encoding')}:${this.#chance(0.95) ? ' ' : this.#blank()}${this.#cased('chunked')}${this.#chance(0.05) ? this.#blank() : ''}`,
    )
    return this.#chunked(text)
  }

  #chunked(text: string): string {
    let framed = ''
    for (let at = 0; at < text.length;) {
      const size = Math.min(1 + this.#below(20), text.length - at)
      const digits = this.#chance(0.5)
        ? size.toString(16)
        : size.toString(16).toUpperCase().padStart(this.#below(5), '0')
      framed += `${digits}${this.#extension()}\r\n${text.slice(at, at + size)}\r\n`
      at += size
    }
    const trailers = this.#chance(0.2)
      ? `${this.#mostly(['X-Sum: 1', 'Expires:', 'A: b\r\nC:d'], ['Host: x', 'Content-Length: 1', ' x'])}\r\n`
      : ''
    return `${framed}0${this.#extension()}\r\n${trailers}\r\n`
  }

  #extension(): string {
    if (!this.#chance(0.15)) return ''
    return this.#mostly(
      [';a', ';a=b', ';a="b c"', ';a=1;b="\\"x"'],
      [';;', ';', ' ;a', '; a', ';a =b', ';a=', ';a="x', ';a="b"c'],
    )
  }

  #head(own: readonly string[]): string {
    const fields = [...own]
    for (let i = this.#below(5); i > 0; i--)
      fields.splice(
        this.#below(fields.length + 1),
        0,
        this.#mostly(FIELDS, ['Proxy-Connection: close', 'Proxy-Connection: keep-alive']),
      )
    return `${fields.map((field) => `${field}\r\n`).join('')}\r\n`
  }

  #mutated(text: string): string {
    const at = this.#below(text.length + 1)
    const behind = at + 1 + (this.#chance(0.7) ? 0 : this.#below(12))
    switch (this.#below(7)) {
      case 0:
        return text.slice(0, at) + this.#pick(BYTES) + text.slice(at)
      case 1:
        return text.slice(0, at) + this.#pick(BYTES) + text.slice(at + 1)
      case 2:
        return text.slice(0, at) + text.slice(behind)
      case 3:
        return text.slice(0, at) + text.slice(at, behind) + text.slice(at)
      case 4:
        return text.slice(0, at) + String.fromCharCode(this.#below(256)) + text.slice(at + 1)
      case 5: {
        // At the beginning of a line, where it has a meaning.
        const line = text.indexOf('\r\n', at)
        return line < 0 ? text : `${text.slice(0, line + 2)}${this.#pick(FRAGMENTS)}${text.slice(line + 2)}`
      }
      default: {
        const end = text.indexOf('\r\n', at)
        return end < 0 ? text : text.slice(0, end) + this.#pick(LINE_ENDS) + text.slice(end + 2)
      }
    }
  }

  #cuts(length: number): readonly number[] {
    const how = this.#random.next()
    if (how < 0.2) return []
    if (how < 0.4) return Array.from({ length }, (_, i) => i)
    const cuts = Array.from({ length: 1 + this.#below(8) }, () => this.#below(length + 1))
    return cuts.sort((a, b) => a - b)
  }

  #version(): string {
    if (this.#chance(0.95)) return 'HTTP/1.1'
    return this.#chance(0.8) ? 'HTTP/1.0' : this.#pick(['HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'http/1.1', 'HTTP/1.11'])
  }

  #text(length: number): string {
    let text = ''
    for (let i = 0; i < length; i++)
      text += this.#chance(0.2) ? this.#pick(BYTES) : String.fromCharCode(97 + this.#below(26))
    return text
  }

  #blank(): string {
    return this.#chance(0.7) ? ' ' : this.#pick(['', '\t', '  ', ' \t '])
  }

  #cased(word: string): string {
    if (this.#chance(0.6)) return word
    return this.#chance(0.5) ? word.toLowerCase() : word.toUpperCase()
  }

  #chance(share: number): boolean {
    return this.#random.next() < share
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }

  #mostly<T>(from: readonly T[], odd: readonly T[]): T {
    return this.#pick(this.#chance(0.96) ? from : odd)
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!
  }
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'M-SEARCH']
const ODD_METHODS = ['CONNECT', 'CONNECT', 'FOO', 'get', 'PRI', 'SOURCE']
const TARGETS = ['/', '/', '/a/b?c=d&e', '/%20#x', '*', 'http://h/p', 'https://u@h:1?q', '/"<>{}|^`\\', '/?', '//']
const ODD_TARGETS = ['/\xe4\xff', 'x', 'http://', '*x', 'a:80', '/ b', '/\t', '']
const AUTHORITIES = ['example.org', 'h:80', '[::1]:8080', '127.0.0.1:1', 'a_b.c:443']
const STATUSES = [
  '200 OK',
  '200 OK',
  '200',
  '200 ',
  '404 Not Found \xe4',
  '500 a\tb',
  '204 No Content',
  '304 Not Modified',
  '999 x',
]
const ODD_STATUSES = ['101 Switching Protocols', '099 x', '20 x', '2000 x', '200\tx', '', '2x0 x', '200  two']
const FIELDS = [
  'Accept-Language: de',
  'User-Agent: x/1 (y)',
  'Date: now',
  'Via: 1.1 a, 1.0 b',
  'Accept: */*',
  'X-Empty:',
  'x-blank:  \t ',
  'X-Obs: \xa0\xe4\xff\x80',
  'Cookie: a=b; c="d"',
  "!#$%&'*+-.^_`|~09az: odd name",
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Upgrade',
  'Connection: upgrade, close',
  'connection:, keep-alive ,x,',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Host-X: y',
  'Keep-Alive: 1',
  'Content-Lengthy: 5',
]
const BYTES = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  '1',
  'a',
  'F',
  '-',
  '+',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xff',
  '"',
  '=',
]
const LINE_ENDS = ['\n', '\r', '\r\r\n', '\r\n\r\n', '\r\n ', '\r\n\t', ' \r\n', '\n\r', '']
const FRAGMENTS = [
  'Content-Length: 5\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 0x5\r\n',
  'Content-Length:\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length: 9007199254740993\r\n',
  'Content-Length : 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: chunked, gzip\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding:\r\n',
  'Transfer-Encoding\t: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Host: other\r\n',
  'Host: a b\r\n',
  'Connection: close\r\n',
  ' folded\r\n',
  ': no name\r\n',
  'no colon\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  '0\r\n\r\n',
  '5\r\nabcde\r\n',
  'ffffffffffffffff\r\n',
  '00000000000000000001\r\nx\r\n',
  '-1\r\n',
  '0x1\r\nx\r\n',
]
