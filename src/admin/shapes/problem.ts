import { z } from 'zod'
import { ERRORS } from '../../core/errors.ts'

const parts = {
  detail: z.string().describe('What is wrong, for people.'),
  code: z
    .enum(Object.keys(ERRORS))
    .optional()
    .describe('Stable, for programs; `/docs/errors` says what each one means. Absent with mistakes of the server.'),
  field: z.string().optional().describe('Where it is, as a path: `faults[2].latency`.'),
  value: z.unknown().optional().describe('What was found there; cut where it is long.'),
  expected: z.string().optional().describe('What would be right.'),
  file: z.string().optional().describe('The file that it stands in.'),
  line: z.int().positive().optional().describe('From 1.'),
  column: z.int().positive().optional().describe('From 1.'),
}

/** RFC 9457. */
export const problemShape = z
  .object({
    type: z.string().describe('Leads to a page of this server, or is `about:blank`.'),
    title: z.string(),
    status: z.int().min(400).max(599).describe('That of the answer.'),
    ...parts,
    problems: z
      .array(z.object(parts))
      .max(50)
      .optional()
      .describe('Where more than one thing is wrong: all of them, up to 50.'),
  })
  .meta({ id: 'Problem', description: 'What is wrong with a request (RFC 9457).' })

/** The errors of Toxiproxy's routes; their media type is `text/plain`. */
export const toxiproxyErrorShape = z
  .object({
    error: z.string(),
    status: z.int(),
    proxies: z.unknown().optional().describe('Of `/populate`: those done before.'),
  })
  .meta({ id: 'ToxiproxyError', description: "What is wrong, in the words of Toxiproxy's API." })
