import { lookup as resolve, type LookupAddress, type LookupAllOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * Name resolution as the system does it (hosts file, search domains), made so that a name server that does not answer delays nobody
 * but those who ask for that name.
 *
 * getaddrinfo(3) blocks one of a few threads of the process. So the names of this machine are answered without it, and everybody
 * who asks for the same name at the same time shares one call. Nothing is kept: the next to ask after the answer asks anew.
 */

type Waiting = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

/** Who waits for the answer of the call under way, by name. */
const underWay = new Map<string, Waiting[]>()

const EVERY_ADDRESS: LookupAllOptions = { all: true, order: 'ipv4first' }

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** For sockets: as `dns.lookup`, IPv4 first. */
export const sharedLookup: LookupFunction = (hostname, options, callback) => {
  lookupAll(hostname, (error, addresses) => {
    const wanted = addresses.filter(({ family }) => fits(family, options.family))
    if (options.all === true) return callback(error, wanted)
    const [first] = wanted
    return callback(error, first?.address ?? '', first?.family)
  })
}

/** Every address of a name, IPv4 first. `waiting` is never called before this returns. */
export function lookupAll(hostname: string, waiting: Waiting): void {
  if (isLocalhost(hostname)) {
    process.nextTick(waiting, null, LOOPBACK)
    return
  }
  const others = underWay.get(hostname)
  if (others !== undefined) {
    others.push(waiting)
    return
  }
  const everybody = [waiting]
  const answered: Waiting = (error, addresses) => {
    underWay.delete(hostname)
    for (const one of everybody) one(error, error === null ? addresses : [])
  }
  underWay.set(hostname, everybody)
  try {
    resolve(hostname, EVERY_ADDRESS, answered)
  } catch (error) {
    // Node throws at once for some texts (a null byte).
    process.nextTick(answered, error, [])
  }
}

function fits(family: number, wanted: number | string | undefined): boolean {
  return wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${family}`
}

/** RFC 6761, section 6.3: always the loopback addresses, and no name server is asked. */
function isLocalhost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost')
}
