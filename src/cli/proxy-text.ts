import type { Proxy } from '../client/views.ts'

/** `http`, and on which sides there is TLS: `http, tls to clients and upstream`. */
export function protocolText({ protocol, tls }: Proxy): string {
  const sides = [
    ...(tls?.listen === undefined ? [] : ['clients']),
    ...(tls?.upstream === undefined ? [] : ['upstream']),
  ]
  return sides.length === 0 ? protocol : `${protocol}, tls to ${sides.join(' and ')}`
}
