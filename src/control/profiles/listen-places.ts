import { parseAddress, type TcpAddress } from '../../core/address.ts'
import { FoulweatherError } from '../../core/errors.ts'
import type { NewProxy } from '../proxy-input.ts'

/** Where the proxies of one profile are to listen, as far as that can be said without looking up any name. */
export class ListenPlaces {
  /** By what they would be in each other's way with: a port, or a path. */
  readonly #taken = new Map<string, { readonly name: string; readonly host: string }[]>()

  /** @throws FoulweatherError `invalid_value`: nobody can listen there, or another proxy of the profile does. */
  add({ name, listen, enabled }: Pick<NewProxy, 'name' | 'listen' | 'enabled'>): void {
    const address = parseAddress(listen)
    if (address.kind === 'bad') return
    if (address.kind === 'tcp') refuseNoPort(address, listen)
    if (!enabled || (address.kind === 'tcp' && !(Number(address.port) > 0))) return
    const [key, host] = address.kind === 'unix' ? [listen, ''] : [String(Number(address.port)), address.host]
    const there = this.#taken.get(key) ?? []
    const other = there.find((each) => each.host === host || covers(each.host, host) || covers(host, each.host))
    if (other !== undefined) {
      const text = `listen: proxy ${JSON.stringify(other.name)} of this profile listens there already, got ${JSON.stringify(listen)}`
      throw new FoulweatherError('invalid_value', text, {
        field: 'listen',
        value: listen,
        expected: 'an address of its own',
      })
    }
    there.push({ name, host })
    this.#taken.set(key, there)
  }
}

/** Only the system knows the names of services. */
function refuseNoPort({ port }: TcpAddress, listen: string): void {
  if (!/^\d+$/.test(port) || Number(port) <= 65_535) return
  const expected = 'a port of 0 to 65535, where 0 is any free one'
  const text = `listen: expected ${expected}, got ${JSON.stringify(listen)}`
  throw new FoulweatherError('invalid_value', text, { field: 'listen', value: listen, expected })
}

/** Whether listening at `every` takes `host` as well: no host, and `::`, are all addresses of both versions of IP, `0.0.0.0` all of version 4. */
function covers(every: string, host: string): boolean {
  return every === '' || every === '::' || (every === '0.0.0.0' && !host.includes(':'))
}
