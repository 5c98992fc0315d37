import type { z } from 'zod'
import { defined, definedOrNone } from '../../core/defined.ts'
import { ERRORS, type ErrorCode } from '../../core/errors.ts'
import type { RouteFamily } from '../hapi-state.ts'
import type { Operation } from '../operation.ts'
import { problemShape, toxiproxyErrorShape } from '../shapes/problem.ts'
import type { Components } from './components.ts'
import type { Content, JsonSchema, ResponseObject } from './types.ts'

const JSON_TYPE = 'application/json'

/** The media types that the words of a `format` in the query bring. */
const FORMATS: Readonly<Record<string, string>> = {
  json: JSON_TYPE,
  ndjson: 'application/x-ndjson',
  text: 'application/yaml',
  yaml: 'application/yaml',
}

const TEXT: JsonSchema = { type: 'string' }

/** What an operation answers where it succeeds, by status. */
export function successResponses(
  { answers, query = [] }: Operation,
  family: RouteFamily,
  isTagged: (answer: JsonSchema) => boolean,
  components: Components,
): Readonly<Record<string, ResponseObject>> {
  const formats = query.filter(({ name }) => name === 'format').flatMap(({ schema }) => wordsOf(schema, components))
  const others = formats.flatMap((format) => FORMATS[format] ?? [])
  const responses = Object.entries(answers).map(([status, { description, schema, type }]): [string, ResponseObject] => {
    if (schema === undefined && type === undefined) return [status, { description }]
    const answer = schema === undefined ? TEXT : components.add(schema, 'output')
    const kinds = [...new Set([type ?? JSON_TYPE, ...others])]
    // The first is what is answered by itself; what is not JSON beside it is the same as a text.
    const schemaOf = (kind: string, at: number) => (at === 0 || kind === JSON_TYPE ? answer : TEXT)
    const content = Object.fromEntries(kinds.map((kind, at) => [kind, { schema: schemaOf(kind, at) }]))
    const located = status === '201' && family === 'native'
    const headers = definedOrNone({ ...(isTagged(answer) ? ETAG : {}), ...(located ? LOCATION : {}) })
    return [status, { description, ...defined({ headers }), content }]
  })
  return Object.fromEntries(responses)
}

const ETAG = {
  ETag: {
    description: 'Its revision, for `If-Match` and `If-None-Match`.',
    schema: { type: 'string', examples: ['"12"'] },
  },
}
const LOCATION = { Location: { description: 'Where it is.', schema: { type: 'string' } } }

export const NOT_MODIFIED: ResponseObject = { description: 'It is as `If-None-Match` says.', headers: ETAG }

function wordsOf(schema: z.ZodType, components: Components): readonly string[] {
  const { enum: words } = components.add(schema, 'input')
  return Array.isArray(words) ? words.map(String) : []
}

/** What an operation answers where it refuses, by status. */
export function errorResponses(
  codes: ReadonlySet<ErrorCode>,
  family: RouteFamily,
  components: Components,
): Readonly<Record<string, ResponseObject>> {
  const statuses = new Map<number, ErrorCode[]>()
  for (const code of codes) statuses.set(ERRORS[code].status, [...(statuses.get(ERRORS[code].status) ?? []), code])
  const responses = [...statuses].map(([status, codes]): [string, ResponseObject] => {
    const sorted = codes.sort()
    const description = sorted.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' ')
    return [
      String(status),
      { description, content: family === 'native' ? problem(sorted, components) : text(components) },
    ]
  })
  return Object.fromEntries(responses)
}

function problem(codes: readonly string[], components: Components): Content {
  const schema = {
    allOf: [components.add(problemShape, 'output')],
    properties: { code: { enum: codes } },
    required: ['code'],
  }
  return { 'application/problem+json': { schema } }
}

/** JSON that is sent as a text; only where a whole list is refused it is sent as what it is. */
function text(components: Components): Content {
  const schema = components.add(toxiproxyErrorShape, 'output')
  return {
    'text/plain': { schema: { type: 'string', contentMediaType: JSON_TYPE, contentSchema: schema } },
    [JSON_TYPE]: { schema },
  }
}
