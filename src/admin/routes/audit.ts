import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import type { Audit } from '../../observe/audit/audit.ts'
import { CHANGE_TYPES } from '../../observe/events/types.ts'
import { nameList } from '../name-list.ts'
import type { Operation } from '../operation.ts'
import { oneName, readQuery, upTo9999 } from '../query.ts'
import { auditShape } from '../shapes/audit.ts'

const parameters = z.strictObject({
  limit: upTo9999.optional(),
  since: z
    .string('one number')
    .regex(/^\d{1,15}$/, 'a `revision`: a whole number')
    .transform(Number)
    .optional(),
  action: nameList(CHANGE_TYPES).optional(),
  actor: z.string('one name or address').optional(),
  proxy: oneName.optional(),
  profile: oneName.optional(),
  format: z.enum(['json', 'ndjson'], 'json or ndjson').default('json'),
})

const operation: Operation = {
  id: 'listAudit',
  tag: 'audit',
  summary: 'Who has changed what, when and why',
  description: 'The latest 1000 changes to what is in force, the newest last. Keys and tokens are in none of them.',
  query: [
    { name: 'limit', description: 'How many at most: the newest of them.', schema: z.int().min(1).max(9999) },
    { name: 'since', description: 'Only those with a larger `revision`.', schema: z.int().nonnegative() },
    {
      name: 'action',
      description: 'Only these: several with commas, `*` for any characters (`fault-*`).',
      schema: z.string(),
    },
    {
      name: 'actor',
      description:
        'Only by this one: the name of a token, an address with or without its port, or both as they are shown.',
      schema: z.string(),
    },
    { name: 'proxy', description: 'Only changes to this proxy and its faults.', schema: z.string() },
    {
      name: 'profile',
      description: 'Only changes to this profile and to what it has put in force.',
      schema: z.string(),
    },
    { name: 'format', description: '`ndjson`: one entry per line.', schema: z.enum(['json', 'ndjson']) },
  ],
  answers: { 200: { description: 'The changes.', schema: auditShape } },
  errors: ['invalid_value'],
}

/** Changes to what is in force: the latest, the newest last. */
export function auditRoutes(audit: Audit | undefined): readonly ServerRoute[] {
  if (audit === undefined) return []
  return [
    {
      method: 'GET',
      path: '/v1/audit',
      options: { app: { operation, role: 'viewer' } },
      handler: (request, h) => list(audit, request, h),
    },
  ]
}

function list(audit: Audit, request: Request, h: ResponseToolkit) {
  const { limit = Infinity, format, ...filter } = readQuery(parameters, request.query)
  const all = audit.entries(defined(filter))
  const entries = all.slice(Math.max(0, all.length - limit))
  if (format === 'ndjson') {
    // Of nothing hapi would make a 204, which has no type.
    return h
      .response(entries.map((entry) => `${entry}\n`).join(''))
      .code(200)
      .type('application/x-ndjson')
  }
  return h.response(`{"total":${all.length},"entries":[${entries.join(',')}]}`).type('application/json')
}
