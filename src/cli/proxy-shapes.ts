import { z } from 'zod'
import { faultShape } from './fault-shapes.ts'

/** What the commands need of a proxy as `/v1/proxies` shows it. */
export const listedProxyShape = z.looseObject({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
  protocol: z.string().optional(),
  owner: z.string().optional(),
  tls: z.looseObject({ upstream: z.unknown().optional(), listen: z.unknown().optional() }).optional(),
  faults: z.array(faultShape),
})

/** In order of their names. */
export const listedProxiesShape = z.looseObject({ proxies: z.array(listedProxyShape) })

export type ListedProxy = z.output<typeof listedProxyShape>

/** `http`, and on which sides there is TLS: `http, tls to clients and upstream`. */
export function protocolText({ protocol = 'tcp', tls }: ListedProxy): string {
  const sides = [
    ...(tls?.listen === undefined ? [] : ['clients']),
    ...(tls?.upstream === undefined ? [] : ['upstream']),
  ]
  return sides.length === 0 ? protocol : `${protocol}, tls to ${sides.join(' and ')}`
}
