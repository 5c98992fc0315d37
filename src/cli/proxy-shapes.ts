import { z } from 'zod'
import { faultShape } from './fault-shapes.ts'

/** What the command list needs of the proxies as `GET /v1/proxies` shows them, in order of their names. */
export const listedProxiesShape = z.looseObject({
  proxies: z.array(
    z.looseObject({
      name: z.string(),
      listen: z.string(),
      upstream: z.string(),
      enabled: z.boolean(),
      faults: z.array(faultShape),
    }),
  ),
})

export type ListedProxy = z.output<typeof listedProxiesShape>['proxies'][number]
