import { z } from 'zod'

/** What `/v1/audit` answers. */

const view = z.record(z.string(), z.unknown()).nullable()

export const auditEntryShape = z
  .object({
    revision: z.int().positive().describe('Counts all changes of the process, from 1.'),
    time: z.iso.datetime().describe('ISO 8601.'),
    action: z.string().describe('What was done: `fault-added`, `profile-activated`, `halted`, …'),
    proxy: z.string().optional().describe('The proxy, also of a fault.'),
    fault: z.string().optional(),
    profile: z.string().optional().describe('Where the change is to a profile.'),
    session: z.string().optional().describe('The id of a session that was reset.'),
    actor: z
      .string()
      .optional()
      .describe('Who asked for it: address and port, with the name of a token in front where it has one.'),
    reason: z.string().optional().describe('Why, in the words of whoever asked, or ours where nobody did.'),
    before: view.optional().describe('As it was; `null` = it is new.'),
    after: view.optional().describe('As it is now; `null` = it is gone.'),
    truncated: z.literal(true).optional().describe('It was longer than 16 KiB: `before` and `after` are left out.'),
  })
  .meta({ id: 'AuditEntry', description: 'One change to what is in force.' })

export const auditShape = z
  .object({
    total: z.int().nonnegative().describe('How many there are, those that `limit` leaves out included.'),
    entries: z.array(auditEntryShape).describe('The newest last.'),
  })
  .meta({ id: 'Audit', description: 'The latest changes.' })
