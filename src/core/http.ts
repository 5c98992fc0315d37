/** HTTP/1.1 messages as plain values: what framers read, faults decide by, and the engine writes. */

/** Fields as they came (letter case included) and in their order; a name may come several times. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/**
 * How the body of a message is delimited (RFC 9112, section 6.3): there is none, by `Content-Length`, in chunks, or by the end of the
 * connection (responses only).
 */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close'

interface MessageHead {
  /** 0 = HTTP/1.0, 1 = HTTP/1.1. */
  readonly minor: 0 | 1
  readonly headers: HeaderList
  readonly bodyKind: BodyKind
  /** Of the body, where `bodyKind` is `length`; otherwise 0. */
  readonly bodyLength: number
}

export interface RequestHead extends MessageHead {
  /** Letter case as it came. */
  readonly method: string
  /** As in the request line: `/path?query`, `*`, `host:port` (CONNECT) or an absolute URL. */
  readonly target: string
}

export interface ResponseHead extends MessageHead {
  readonly status: number
  /** The reason phrase; may be empty. */
  readonly reason: string
}

/** The value of a field, several joined with `, `; `undefined` = there is none. `name` in lower case. */
export function headerOf({ headers }: Pick<MessageHead, 'headers'>, name: string): string | undefined {
  let found: string | undefined
  for (const [key, value] of headers) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue
    found = found === undefined ? value : `${found}, ${value}`
  }
  return found
}

/** The list without any field of that name (lower case). */
export function withoutHeader(headers: HeaderList, name: string): HeaderList {
  return headers.filter(([key]) => key.toLowerCase() !== name)
}

/** The list with one field of that name, in the place of the first that there was, or at the end. */
export function withHeader(headers: HeaderList, name: string, value: string): HeaderList {
  const lower = name.toLowerCase()
  const at = headers.findIndex(([key]) => key.toLowerCase() === lower)
  if (at < 0) return [...headers, [name, value]]
  return headers.flatMap(([key, old], index) => {
    if (key.toLowerCase() !== lower) return [[key, old] as const]
    return index === at ? [[key, value] as const] : []
  })
}

/** A copy with every part as a field of its own: what a framer has read makes some of them only when they are asked for, and a spread would leave these out. */
export function plainRequest({ method, target, minor, headers, bodyKind, bodyLength }: RequestHead): RequestHead {
  return { method, target, minor, headers, bodyKind, bodyLength }
}

/** The same for a response. */
export function plainResponse({ status, reason, minor, headers, bodyKind, bodyLength }: ResponseHead): ResponseHead {
  return { status, reason, minor, headers, bodyKind, bodyLength }
}
