import { segment } from './admin-client.ts'

/** Of the faults of a proxy, or of one of them. */
export function faultPath(proxy: string, fault?: string): string {
  const faults = `/v1/proxies/${segment(proxy)}/faults`
  return fault === undefined ? faults : `${faults}/${segment(fault)}`
}
