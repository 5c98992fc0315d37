import { joinHostPort, parseAddress } from '../core/address.ts'
import { sameListen, type ListenAddress } from '../engine/listen-address.ts'
import type { ProxyRecord } from './records.ts'

/** Whether the proxy listens, or would listen, where `wanted` asks. A wanted port of 0 is never the same: it asks for a new one. */
export function listensAt(record: ProxyRecord, wanted: ListenAddress): boolean {
  return sameListen(canonical(record.listen), wanted)
}

/** A proxy that was never started still has its address as it was written, with one of the spellings of "every interface". */
function canonical(listen: string): string {
  const address = parseAddress(listen)
  if (address.kind !== 'tcp' || (address.host !== '' && address.host !== '0.0.0.0')) return listen
  return joinHostPort('::', address.port)
}
