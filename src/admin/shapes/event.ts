import { z } from 'zod'

/** The `data` of an event of `/v1/events`: what it says besides hangs on its type. */
export const eventShape = z
  .looseObject({
    id: z.string().optional().describe('To go on behind it with `Last-Event-ID`; `missed` has none.'),
    type: z.string(),
    time: z.string().describe('ISO 8601.'),
    proxy: z.string().optional().describe('The proxy that it is about.'),
    fault: z.string().optional(),
    profile: z.string().optional(),
    actor: z.string().optional().describe('Who asked for it.'),
    reason: z.string().nullish().describe('Why, in the words of whoever asked; of a session that has ended, how.'),
    truncated: z.boolean().optional().describe('It was longer than 16 KiB: only texts and numbers are left of it.'),
  })
  .meta({ id: 'Event', description: 'Something that has happened.' })
