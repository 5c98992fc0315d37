import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { VarValue } from '../../profiles/document.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { readJsonObject } from '../json-body.ts'
import type { Operation } from '../operation.ts'
import { readAssignment, readDiffRequest, type DiffRequest } from '../profile-bodies.ts'
import { oneName, readQuery, refuseQuery } from '../query.ts'
import { refuseRole } from '../roles.ts'
import { diffRequestShape, diffShape } from '../shapes/diff.ts'
import { documentShape, validationShape } from '../shapes/profile.ts'
import { readTextBody } from '../text-body.ts'
import { wantsJson, YAML } from '../wanted-format.ts'
import { yamlInPieces } from '../yaml-pieces.ts'
import { DOCUMENT_TYPES, PROFILES_TAG } from './profile-operations.ts'

/** Documents of profiles: what is running as one, what one would change, and what is wrong with one. Nothing is changed. */
export function documentRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const { profiles } = control
  const body = (request: Request) => readBody(request.raw.req, limits)

  async function show(request: Request, h: ResponseToolkit) {
    const { format = wantsJson(request) ? 'json' : 'yaml', secrets } = readQuery(exportQuery, request.query)
    if (secrets) refuseRole(request.app.caller, 'admin', 'an export with secrets')
    const fields = profiles.export(secrets)
    const answer =
      format === 'json'
        ? h.response(`${JSON.stringify(fields)}\n`).type('application/json')
        : h.response(await yamlInPieces(fields)).type(`${YAML}; charset=utf-8`)
    return answer.code(200).vary('accept')
  }

  async function compare(request: Request) {
    const { profile, activation, text } = diffRequestOf(request, await body(request))
    return { changes: await profiles.diff(profile, activation, text) }
  }

  async function validate(request: Request) {
    const text = readTextBody(await body(request))
    const { profile, var: vars } = readQuery(validateQuery, request.query)
    const found = await profiles.validate(profile, text, { vars })
    return { valid: found.problems.length === 0, ...found }
  }

  return [
    { method: 'GET', path: '/v1/export', options: { app: { operation: OPERATIONS.export } }, handler: show },
    { method: 'POST', path: '/v1/diff', options: { app: { operation: OPERATIONS.diff } }, handler: compare },
    { method: 'POST', path: '/v1/validate', options: { app: { operation: OPERATIONS.validate } }, handler: validate },
  ]
}

/** A request of ours, or the document alone where its content type is that of a text. */
function diffRequestOf({ raw, query }: Request, bytes: Buffer): DiffRequest {
  if (!isDocument(raw.req.headers['content-type'])) {
    refuseQuery(query, [])
    return readDiffRequest(readJsonObject(bytes))
  }
  const text = readTextBody(bytes)
  const { profile, var: vars } = readQuery(diffQuery, query)
  return { profile, activation: { vars }, text }
}

function isDocument(contentType = ''): boolean {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  return type.startsWith('text/') || type.endsWith('yaml')
}

const ASSIGNMENT = 'NAME=VALUE'
const MOST_VARS = 1000

const vars = z
  .union([z.string().transform((one) => [one]), z.array(z.string()).max(MOST_VARS)], ASSIGNMENT)
  .transform((given, context): Readonly<Record<string, VarValue>> => {
    const read = given.map(readAssignment)
    if (read.includes(undefined)) context.addIssue({ code: 'custom', message: ASSIGNMENT })
    return Object.fromEntries(read.filter((each) => each !== undefined))
  })
  .optional()

const exportQuery = z.strictObject({
  format: z.enum(['yaml', 'json'], 'yaml or json').optional(),
  secrets: z
    .enum(['true', 'false'], 'true or false')
    .transform((given) => given === 'true')
    .default(false),
})

const diffQuery = z.strictObject({ profile: oneName, var: vars })

/** The name only matters where others extend it, or it is active now. */
const validateQuery = z.strictObject({ profile: oneName.default('document'), var: vars })

const OF_VAR = {
  name: 'var',
  description: `\`${ASSIGNMENT}\`: what a variable stands for; may be given several times.`,
  schema: z.union([z.string(), z.array(z.string())]),
}

/** A request of ours first, then what a document alone may be. */
const DIFF_TYPES: readonly string[] = ['application/json', YAML, 'text/plain']

const OPERATIONS = {
  export: {
    id: 'exportProfile',
    tag: PROFILES_TAG,
    summary: 'What is running, as a profile that reproduces it.',
    description: 'Private keys are left out, unless an `admin` asks for them.',
    query: [
      {
        name: 'format',
        description: 'Default: by the `Accept` header; `yaml` where that does not name JSON.',
        schema: z.enum(['yaml', 'json']),
      },
      { name: 'secrets', description: 'With private keys. Default: without.', schema: z.enum(['true', 'false']) },
    ],
    answers: { 200: { description: 'The document.', schema: documentShape, type: YAML } },
  },
  diff: {
    id: 'diffProfile',
    tag: PROFILES_TAG,
    summary: 'What activating a profile would change; nothing is done.',
    description:
      'The body is a request in JSON. Where its content type is a text or YAML, it is the document itself, and the query names the profile.',
    query: [{ name: 'profile', description: 'With a document as body: its name.', schema: z.string() }, OF_VAR],
    body: { description: 'What is to be compared with what is running.', schema: diffRequestShape, types: DIFF_TYPES },
    offRecord: true,
    answers: { 200: { description: 'What would change, in order.', schema: diffShape } },
    errors: ['profile_not_found', 'invalid_profile', 'profile_conflict'],
  },
  validate: {
    id: 'validateProfile',
    tag: PROFILES_TAG,
    summary: 'Everything that is wrong with a document; nothing is done.',
    query: [{ name: 'profile', description: 'Its name. Default: `document`.', schema: z.string() }, OF_VAR],
    body: { description: 'The document.', schema: documentShape, types: DOCUMENT_TYPES },
    offRecord: true,
    answers: { 200: { description: 'What is wrong, also where that is nothing.', schema: validationShape } },
  },
} satisfies Readonly<Record<string, Operation>>
