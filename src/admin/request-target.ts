import { decodeGoUtf8 } from './go-string.ts'

/** The target of a request line, taken apart. */
export type RequestTarget =
  | { readonly kind: 'bad' }
  /** The path has empty, `.` or `..` segments: the cleaned one is elsewhere. */
  | { readonly kind: 'redirect'; readonly location: string }
  | {
      readonly kind: 'path'
      /** Decoded; a `%2F` is part of its segment. A trailing slash gives an empty last one. */
      readonly segments: readonly string[]
      /** With its question mark, or empty. */
      readonly query: string
    }

/** Reads a request target in origin form (`/path?query`) or absolute form (`http://host/path?query`). */
export function readTarget(target: string): RequestTarget {
  const relative = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/, '')
  const mark = relative.indexOf('?')
  const path = mark < 0 ? relative : relative.slice(0, mark)
  const query = mark < 0 ? '' : relative.slice(mark)
  if (!path.startsWith('/') || /%(?![0-9a-f]{2})/i.test(path)) return { kind: 'bad' }
  const segments = path.slice(1).split('/').map(decodeSegment)
  const last = segments.length - 1
  const dirty = segments.some((segment, at) => segment === '.' || segment === '..' || (segment === '' && at < last))
  if (!dirty) return { kind: 'path', segments, query }
  return { kind: 'redirect', location: encodePath(clean(segments)) + query }
}

/** The one spelling of a path that the router is shown. */
export function encodePath(segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`
}

/** As Go's path.Clean, with a trailing slash kept. */
function clean(segments: readonly string[]): readonly string[] {
  const cleaned: string[] = []
  for (const segment of segments) {
    if (segment === '..') cleaned.pop()
    else if (segment !== '.' && segment !== '') cleaned.push(segment)
  }
  if (segments.at(-1) === '' && cleaned.length > 0) cleaned.push('')
  return cleaned
}

/** Bytes that are not UTF-8 become U+FFFD: no proxy can be called so, hence they are looked up in vain instead of failing. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  const bytes = segment.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeGoUtf8(Buffer.from(bytes, 'latin1'))
}
