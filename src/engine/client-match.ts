import { BlockList, isIP } from 'node:net'

/** Whether a client's address lies in one of several networks; made once for each list of them. */
export type ClientMatch = (address: string) => boolean

const made = new WeakMap<readonly string[], ClientMatch>()

/** @param networks CIDR or single addresses, validated at the door. */
export function clientMatch(networks: readonly string[]): ClientMatch {
  const known = made.get(networks)
  if (known !== undefined) return known
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  const match = (text: string): boolean => {
    const address = hostOf(text)
    const family = isIP(address)
    // A client on a Unix socket has no address, and is in no network.
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
  made.set(networks, match)
  return match
}

/** The address in `ip:port` or `[v6]:port`; an IPv4 client of an IPv6 listener is the IPv4 client that it is. */
function hostOf(text: string): string {
  const host = text.startsWith('[')
    ? text.slice(1, text.indexOf(']'))
    : text.slice(0, Math.max(0, text.lastIndexOf(':')))
  return host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
