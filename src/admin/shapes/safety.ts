import { z } from 'zod'
import { count, instant } from './common.ts'

/** What the routes of halting answer. */

export const haltResultShape = z
  .object({
    since: instant('Since when everything is halted, of which a second halt changes nothing'),
    faults_removed: count('How many.'),
    profiles_deactivated: z.array(z.string()),
    proxies_disabled: z
      .array(z.string())
      .describe('Proxies that do not listen, and go on not to: `POST /reset` starts them.'),
  })
  .meta({ id: 'HaltResult', description: 'What a halt has stopped.' })

export const haltShape = z
  .object({
    halted: z.boolean().describe('Whether faults are refused.'),
    since: instant('Since when').optional(),
    actor: z.string().optional().describe('Who has halted it.'),
    reason: z.string().optional().describe('Why, in the words of whoever did.'),
  })
  .meta({ id: 'Halt', description: 'Whether everything is halted, by whom and why.' })
