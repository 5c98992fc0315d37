import type { Request } from '@hapi/hapi'
import { joinHostPort } from '../core/address.ts'

/** Who asks, for events and logs: `ip:port` of the caller. */
export function actorOf({ info }: Request): string {
  // Not known when the caller has hung up before it was asked for.
  const address: string | undefined = info.remoteAddress
  return joinHostPort(address ?? '?', info.remotePort ?? 0)
}
