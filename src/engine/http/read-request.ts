import { RequestFacts } from '../../core/exchange-match.ts'
import type { ParsedRequest } from '../../protocols/http1/heads.ts'

const SLASH = 0x2f
const NO_VALUES: readonly string[] = []

/** Few clients ask for many hosts; and no host is that long (RFC 1035, section 2.3.4). */
const HOSTS_KEPT = 1024
const LONGEST_HOST = 255

/** What matches make of the values of `Host` that came. */
const hosts = new Map<string, string>()

/**
 * What matches ask about a request that has just been read. The answers are those of `RequestFacts`; but most faults are not meant, and to find
 * that out needs neither a list of all fields nor a parser of queries.
 */
export class ReadRequest extends RequestFacts {
  readonly #read: ParsedRequest

  constructor(read: ParsedRequest, clientAddress: string) {
    super(read, clientAddress)
    this.#read = read
  }

  override get host(): string {
    const { target, host = '' } = this.#read
    // Other forms of a target may name a host themselves.
    if (target.charCodeAt(0) !== SLASH || host.length > LONGEST_HOST) return super.host
    const known = hosts.get(host)
    if (known !== undefined) return known
    if (hosts.size === HOSTS_KEPT) hosts.clear()
    const found = super.host
    hosts.set(host, found)
    return found
  }

  override query(name: string): readonly string[] {
    return this.#read.target.includes('?') ? super.query(name) : NO_VALUES
  }

  override header(name: string): string | undefined {
    return this.#read.field(name)
  }
}
