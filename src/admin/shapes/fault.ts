import { z } from 'zod'
import { SKIP_REASONS } from '../../core/decision.ts'
import type { FaultState } from '../../engine/data-plane.ts'
import { count, instant, milliseconds, oneOfWords, owner, revision } from './common.ts'

const state = oneOfWords<FaultState>({
  working: 'now',
  waiting: 'its next window is to come',
  over: 'its last window has passed',
  disarmed: 'another limit has been crossed, or one that it shares with others',
  spent: 'it has acted as often as its limit allows',
  gone: 'it was removed',
})

/** The names of the reasons are those of the engine; each is there once it has occurred. */
const skipped = z
  .partialRecord(z.enum(SKIP_REASONS), z.int().nonnegative())
  .describe('Sessions or exchanges that it left alone, by reason.')

const counters = z
  .object({
    seen: count('Sessions or exchanges that it has met.'),
    selected: count('Of these, those that it works on, or has worked on.'),
    active: count('Sessions that it works on now.'),
    applied: count('How often it has acted.'),
    shadowed: count('With `shadow`: what it would have hit.'),
    skipped,
  })
  .describe('Since it was added.')

export const faultShape = z
  .looseObject({
    name: z.string(),
    type: z.string(),
    ttl: milliseconds('It is removed by itself after so long').optional(),
    lease: milliseconds('It is removed by itself unless it is renewed within so long').optional(),
    owner,
    created: instant('When it was added'),
    expires: instant('When it is removed by itself').optional(),
    revision,
    toxic: z.boolean().describe("Whether Toxiproxy's clients see it."),
    warnings: z.array(z.string()).describe('What its parameters do that may not have been meant.'),
    ttl_remaining: milliseconds('Until it is removed by itself, if it is not renewed').optional(),
    state,
    disarmed: z
      .object({
        limit: z.string().describe('Its name.'),
        scope: z.enum(['fault', 'owner', 'process']).describe('Whose limit it is.'),
        bound: z.number(),
        value: z.number().describe('What it has come to, or would have.'),
        at: instant('When'),
      })
      .optional()
      .describe('Which limit has stopped it, while it is `disarmed` or `spent`.'),
    ramped: z.record(z.string(), z.number()).optional().describe('What its ramps have reached, by parameter.'),
    counters,
  })
  .meta({
    id: 'Fault',
    description:
      'A fault as it is: everything that is in force, in base units (milliseconds, bytes, bytes per second), its parameters beside the other fields.',
  })

export const faultsShape = z
  .object({ total: count('How many there are.'), faults: z.array(faultShape) })
  .meta({ id: 'Faults', description: 'The faults of a proxy, in the order in which bytes meet them.' })

/** What there is to write is made from the definitions of the faults: openapi/fault-schemas.ts puts it in the place of these two. */
export const faultInputShape = z.looseObject({}).meta({ id: 'FaultInput' })
export const faultPatchShape = z.looseObject({}).meta({ id: 'FaultPatch' })
