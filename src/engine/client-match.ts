import { BlockList, isIP } from 'node:net'

/** Whether a client's address lies in one of several networks; made once for each list of them. */
export type ClientMatch = (address: string) => boolean

/** A session that speaks HTTP asks for each exchange, and a check costs a microsecond. */
const ANSWERS_KEPT = 4096

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
  const answers = new Map<string, boolean>()
  const match = (text: string): boolean => {
    const known = answers.get(text)
    if (known !== undefined) return known
    if (answers.size === ANSWERS_KEPT) answers.clear()
    const answer = inList(list, text)
    answers.set(text, answer)
    return answer
  }
  made.set(networks, match)
  return match
}

function inList(list: BlockList, text: string): boolean {
  const address = hostOf(text)
  const family = isIP(address)
  // A client on a Unix socket has no address, and is in no network.
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The address in `ip:port` or `[v6]:port`; an IPv4 client of an IPv6 listener is the IPv4 client that it is. */
function hostOf(text: string): string {
  const host = text.startsWith('[')
    ? text.slice(1, text.indexOf(']'))
    : text.slice(0, Math.max(0, text.lastIndexOf(':')))
  return host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
