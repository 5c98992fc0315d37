import { headerOf, type RequestHead } from './http.ts'
import { compilePattern, type Matches } from './pattern.ts'
import type { ExchangeMatch } from './plan.ts'

/**
 * What matches ask about a request. One for each exchange, shared by all faults: what one of them has made of the head is there for the next.
 */
export class RequestFacts {
  readonly head: RequestHead
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  #method: string | undefined
  #target: Target | undefined
  #host: string | undefined
  #query: URLSearchParams | undefined

  constructor(head: RequestHead, clientAddress: string) {
    this.head = head
    this.clientAddress = clientAddress
  }

  /** Address of the client without its port; `unix` for a socket file. */
  get client(): string {
    const colon = this.clientAddress.lastIndexOf(':')
    return colon < 0 ? this.clientAddress : this.clientAddress.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  }

  /** In upper case. */
  get method(): string {
    return (this.#method ??= this.head.method.toUpperCase())
  }

  /** As it came, without the query: not decoded. Empty for CONNECT; `*` for the whole server (RFC 9112, section 3.2). */
  get path(): string {
    return this.#parts().path
  }

  /**
   * In lower case, without port, and without brackets where it is an IPv6 address; empty = there is none. A host that the target names goes
   * before the field (RFC 9112, section 3.2.2).
   */
  get host(): string {
    return (this.#host ??= hostIn(this.#parts().authority ?? headerOf(this.head, 'host') ?? ''))
  }

  /** Values of a parameter, after percent-decoding (`+` is a space); empty = it is not there. */
  query(name: string): readonly string[] {
    this.#query ??= new URLSearchParams(this.#parts().query)
    return this.#query.getAll(name)
  }

  /** The value of a field, several joined with `, `. `name` in lower case. */
  header(name: string): string | undefined {
    return headerOf(this.head, name)
  }

  #parts(): Target {
    return (this.#target ??= targetOf(this.head))
  }
}

interface Target {
  readonly path: string
  readonly query: string
  /** `undefined`: the target names none. */
  readonly authority: string | undefined
}

const SLASH = 0x2f

function targetOf({ method, target }: RequestHead): Target {
  if (target.charCodeAt(0) === SLASH) return split(target, undefined)
  if (method === 'CONNECT') return { path: '', query: '', authority: target }
  const [all, authority, rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?]*)(.*)$/is.exec(target) ?? []
  if (all === undefined) return split(target, undefined)
  return split(rest.startsWith('/') ? rest : `/${rest}`, authority)
}

function split(target: string, authority: string | undefined): Target {
  const at = target.indexOf('?')
  return at < 0
    ? { path: target, query: '', authority }
    : { path: target.slice(0, at), query: target.slice(at + 1), authority }
}

function hostIn(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
  return host.startsWith('[') ? host.slice(1).replace(/\].*$/s, '') : host.replace(/:\d*$/, '')
}

/**
 * Whether an exchange is meant. `status` is that of its response; as long as there is none, a match that asks for one answers `false`.
 */
export type CompiledMatch = (facts: RequestFacts, status: number | undefined) => boolean

/** @param clientMatch whether a client (`ip:port`, as in `RequestFacts`) is in one of these networks. */
export function compileMatch(
  match: ExchangeMatch,
  clientMatch: (networks: readonly string[]) => (clientAddress: string) => boolean,
): CompiledMatch {
  const tests = testsOf(match, clientMatch)
  const [first, second] = tests
  if (first === undefined) return () => true
  if (second === undefined) return first
  if (tests.length === 2) return (facts, status) => first(facts, status) && second(facts, status)
  return (facts, status) => {
    for (const test of tests) if (!test(facts, status)) return false
    return true
  }
}

/** The cheapest first: most requests are not meant, and what they cost is this. */
function testsOf(
  { client, method, path, host, query, headers, status }: ExchangeMatch,
  clientMatch: (networks: readonly string[]) => (clientAddress: string) => boolean,
): readonly CompiledMatch[] {
  const tests: CompiledMatch[] = []
  if (status !== undefined) tests.push((_, code) => code !== undefined && isIn(status, code))
  if (method !== undefined) tests.push(methodTest(method))
  if (path !== undefined) {
    const matches = anyOf(path)
    tests.push((facts) => matches(facts.path))
  }
  if (host !== undefined) {
    const matches = anyOf(host)
    tests.push((facts) => matches(facts.host))
  }
  if (headers !== undefined) tests.push(...Object.entries(headers).map(headerTest))
  if (query !== undefined) tests.push(...Object.entries(query).map(queryTest))
  if (client !== undefined) {
    const holds = clientMatch(client)
    tests.push((facts) => holds(facts.clientAddress))
  }
  return tests
}

function isIn(ranges: NonNullable<ExchangeMatch['status']>, status: number): boolean {
  for (const [from, to] of ranges) if (status >= from && status <= to) return true
  return false
}

function methodTest(methods: readonly string[]): CompiledMatch {
  const [only] = methods
  return methods.length === 1 ? (facts) => facts.method === only : (facts) => methods.includes(facts.method)
}

function anyOf(patterns: readonly string[]): Matches {
  const all = patterns.map(compilePattern)
  const [only] = all
  return all.length === 1 && only !== undefined ? only : (value) => all.some((matches) => matches(value))
}

function headerTest([name, pattern]: readonly [string, string | null]): CompiledMatch {
  if (pattern === null) return (facts) => facts.header(name) === undefined
  const matches = compilePattern(pattern)
  return (facts) => {
    const value = facts.header(name)
    return value !== undefined && matches(value)
  }
}

/** One of its values is enough where a parameter comes several times. */
function queryTest([name, pattern]: readonly [string, string | null]): CompiledMatch {
  if (pattern === null) return (facts) => facts.query(name).length === 0
  const matches = compilePattern(pattern)
  return (facts) => facts.query(name).some((value) => matches(value))
}
