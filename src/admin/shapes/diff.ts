import { z } from 'zod'
import { documentShape, varValue } from './profile.ts'

/** What `/v1/diff` takes and answers. */

const fields = z.record(z.string(), z.unknown())

export const diffEntryShape = z
  .object({
    action: z.enum(['create', 'update', 'remove']),
    proxy: z.string(),
    fault: z.string().optional().describe('Absent: it is the proxy itself.'),
    fields: z.array(z.string()).optional().describe('With `update`: the names of the fields that differ.'),
    before: fields.nullable().describe('As it is now; `null` = it is not there.'),
    after: fields.nullable().describe('As it would be; `null` = it would be gone.'),
    drops_sessions: z.boolean().optional().describe('Whether live sessions would end by it.'),
  })
  .meta({ id: 'DiffEntry', description: 'One thing that a profile would change.' })

export const diffShape = z
  .object({ changes: z.array(diffEntryShape).describe('Empty: everything is as the profile wants it.') })
  .meta({ id: 'Diff', description: 'What activating a profile would change.' })

export const diffRequestShape = z
  .object({
    profile: z.string().describe('Its name.'),
    vars: z.record(z.string(), varValue).optional().describe('Default: those that it has, or its defaults.'),
    document: z
      .union([documentShape, z.string()])
      .optional()
      .describe('In the place of its text: the document, or its text. Default: the text of that profile.'),
  })
  .meta({
    id: 'DiffRequest',
    description: 'What is to be compared with what is running.',
    examples: [
      {
        profile: 'slow-replica',
        document: { proxies: { replica: { listen: 'localhost:0', upstream: 'localhost:5433' } } },
      },
    ],
  })
