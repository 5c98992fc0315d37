import { z } from 'zod'

/** What the commands need of the answers of the routes of profiles; a server may send more. */
export const problemShape = z.looseObject({
  detail: z.string(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
})

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

export const profileShape = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  source: z.looseObject({ kind: z.string(), file: z.string().optional() }),
  state: z.string(),
  revision: z.number(),
  labels: z.record(z.string(), z.string()),
  extends: z.array(z.string()),
  vars: z.record(z.string(), value),
  proxies: z.array(z.string()),
  faults: z.number(),
  problems: z.array(problemShape),
  warnings: z.array(z.string()),
  activated: z.string().optional(),
  ttl: z.number().optional(),
  lease: z.number().optional(),
  expires: z.string().optional(),
  ttl_remaining: z.number().optional(),
})

export const profilesShape = z.looseObject({ profiles: z.array(profileShape) })

export const reloadShape = z.looseObject({
  changed: z.array(z.string()),
  failed: z.array(z.looseObject({ name: z.string(), problems: z.array(problemShape) })),
  removed: z.array(z.string()),
})

export const validationShape = z.looseObject({
  valid: z.boolean(),
  problems: z.array(problemShape),
  warnings: z.array(z.string()),
})

const fields = z.record(z.string(), z.unknown())

export const changesShape = z.looseObject({
  changes: z.array(
    z.looseObject({
      action: z.string(),
      proxy: z.string(),
      fault: z.string().optional(),
      fields: z.array(z.string()).optional(),
      before: fields.nullable(),
      after: fields.nullable(),
      drops_sessions: z.boolean().optional(),
    }),
  ),
})

export const haltResultShape = z.looseObject({
  since: z.string(),
  faults_removed: z.number(),
  profiles_deactivated: z.array(z.string()),
  proxies_disabled: z.array(z.string()),
})

export type Problem = z.output<typeof problemShape>
export type Profile = z.output<typeof profileShape>
export type Change = z.output<typeof changesShape>['changes'][number]
