import { z } from 'zod'
import { count, instant, milliseconds, revision } from './common.ts'

/** What the routes of profiles answer. */

export const varValue = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ id: 'VarValue', description: 'What a variable of a profile stands for.' })

export const problemShape = z
  .object({
    code: z.string().describe('The code of the error, as in `/docs/errors`.'),
    detail: z.string().describe('What is wrong, for people.'),
    field: z.string().optional().describe('Where it is, as a path: `faults[2].latency`.'),
    value: z.unknown().optional().describe('What stands there.'),
    expected: z.string().optional().describe('What would be right.'),
    file: z.string().optional().describe('The file that it stands in, where it is one.'),
    line: z.int().positive().optional().describe('From 1.'),
    column: z.int().positive().optional().describe('From 1.'),
  })
  .meta({ id: 'ProfileProblem', description: 'One mistake in the text of a profile.' })

export const profileShape = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    source: z
      .union([z.object({ kind: z.literal('file'), file: z.string() }), z.object({ kind: z.literal('api') })])
      .describe('Where its text comes from. One from a file is changed there.'),
    state: z
      .enum(['active', 'inactive', 'invalid'])
      .describe('`invalid`: its text has mistakes and was never without. What is active stays as it last was good.'),
    revision,
    labels: z.record(z.string(), z.string()),
    extends: z.array(z.string()).describe('The profiles that it adds to.'),
    vars: z
      .record(z.string(), varValue.nullable())
      .describe(
        'While it is active: what its variables stand for; otherwise their defaults, `null` where there is none.',
      ),
    proxies: z.array(z.string()).describe('The names of those that it defines.'),
    faults: count('How many it writes.'),
    problems: z.array(problemShape).describe('What is wrong with the text as it is now.'),
    warnings: z.array(z.string()),
    activated: instant('While it is active: since when').optional(),
    ttl: milliseconds('It is deactivated by itself after so long').optional(),
    lease: milliseconds('It is deactivated by itself unless it is renewed within so long').optional(),
    expires: instant('When it is deactivated by itself').optional(),
    ttl_remaining: milliseconds('Until it is deactivated by itself, if it is not renewed').optional(),
  })
  .meta({ id: 'Profile', description: 'A profile: proxies and faults that are switched on and off together.' })

export const profilesShape = z
  .object({ total: count('How many there are.'), profiles: z.array(profileShape) })
  .meta({ id: 'Profiles', description: 'All profiles, in the order of their names.' })

export const reloadShape = z
  .object({
    changed: z.array(z.string()).describe('The profiles whose files have changed, or are new.'),
    failed: z
      .array(z.object({ name: z.string(), problems: z.array(problemShape) }))
      .describe('The profiles whose files have mistakes; what was active stays as it last was good.'),
    removed: z.array(z.string()).describe('The profiles whose files are gone.'),
  })
  .meta({ id: 'ReloadResult', description: 'What reading the files anew has done.' })

export const validationShape = z
  .object({
    valid: z.boolean().describe('Whether there are no problems.'),
    problems: z.array(problemShape),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Validation', description: 'What is wrong with a document.' })

/** A profile as it is written. What may stand in it, `foulweather schema` and `docs/profiles.md` say. */
export const documentShape = z.looseObject({}).meta({
  id: 'ProfileDocument',
  description: 'A profile as it is written, in YAML or JSON.',
  examples: [
    {
      description: 'A replica that answers late',
      vars: { delay: '250ms' },
      proxies: { replica: { listen: 'localhost:0', upstream: 'localhost:5433' } },
      faults: [{ on: 'replica', type: 'latency', latency: '${delay}' }],
    },
  ],
})
