import { z } from 'zod'

/** What the commands need of a fault as the admin API shows it; its parameters are inline. */
export const faultShape = z.looseObject({
  name: z.string(),
  type: z.string(),
  direction: z.string().optional(),
  probability: z.number().optional(),
  per: z.string().optional(),
  owner: z.string().optional(),
  state: z.string().optional(),
  toxic: z.boolean().optional(),
  shadow: z.boolean().optional(),
  ttl: z.number().optional(),
  lease: z.number().optional(),
  ttl_remaining: z.number().nullish(),
  counters: z
    .looseObject({
      seen: z.number(),
      selected: z.number(),
      active: z.number().optional(),
      applied: z.number(),
      skipped: z.unknown().optional(),
    })
    .optional(),
  warnings: z.array(z.string()).optional(),
})

export const faultsShape = z.looseObject({ faults: z.array(faultShape) })

export type Fault = z.output<typeof faultShape>
