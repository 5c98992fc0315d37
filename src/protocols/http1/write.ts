import { STATUS_CODES } from 'node:http'
import type { HeaderList, RequestHead, ResponseHead } from '../../core/http.ts'

const LINE_END = Buffer.from('\r\n')

/** The last chunk of a body, without trailers. */
export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n')

/** The standard reason phrase of a status; empty for one that has none. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? ''
}

/**
 * A head as bytes. Whoever makes one has checked names and values; what would end a line, or a part of it, is made harmless here all the same, so
 * that no value ever becomes a field or a message of its own. A character above U+00FF is that too: Latin-1 would keep its low byte alone, and
 * U+010A become a line end.
 */
export function requestBytes({ method, target, minor, headers }: RequestHead): Buffer {
  return Buffer.from(`${token(method)} ${safeTarget(target)} HTTP/1.${minor}\r\n${lines(headers)}`, 'latin1')
}

/** The same for a response. */
export function responseBytes({ status, reason, minor, headers }: ResponseHead): Buffer {
  const code = Math.min(999, Math.max(100, Math.trunc(status) || 500))
  return Buffer.from(`HTTP/1.${minor} ${code} ${safeText(reason)}\r\n${lines(headers)}`, 'latin1')
}

/** A chunk with these bytes, in pieces that are written one behind the other; none for no bytes, which would be the last chunk. */
export function chunkOf(bytes: Buffer): Buffer[] {
  if (bytes.length === 0) return []
  return [Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, LINE_END]
}

function lines(headers: HeaderList): string {
  let text = ''
  for (const [name, value] of headers) text += `${token(name)}: ${safeText(value)}\r\n`
  return `${text}\r\n`
}

function token(text: string): string {
  return text === '' ? '-' : text.replaceAll(/[^!#$%&'*+.^_`|~\w-]/g, '-')
}

function safeText(text: string): string {
  return text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '?')
}

function safeTarget(target: string): string {
  if (target === '') return '/'
  return target.toWellFormed().replaceAll(/[^\u0021-\u007e\u0080-\u00ff]/gu, encodeURIComponent)
}
