import type { RouteOptionsApp } from '@hapi/hapi'
import type { ErrorCode } from '../../core/errors.ts'
import type { Operation } from '../operation.ts'
import { usualRole } from '../roles.ts'
import { Components } from './components.ts'
import { addFaultSchemas } from './fault-schemas.ts'
import { commonParameters, ownParameters, pathParameters } from './parameters.ts'
import { errorResponses, NOT_MODIFIED, successResponses } from './responses.ts'
import { tagObjects } from './tags.ts'
import {
  METHODS,
  type JsonSchema,
  type Method,
  type OpenApiDocument,
  type OperationObject,
  type PathItem,
} from './types.ts'

/** A route as the server knows it. */
export interface DescribedRoute {
  /** In lower case; `*` = any. */
  readonly method: string
  readonly path: string
  readonly app: RouteOptionsApp | undefined
}

/**
 * The description of the API, made of the operations that its routes name. The same routes and version always give the same document, in whatever
 * order they come.
 */
export function openApiDocument(routes: readonly DescribedRoute[], version: string): OpenApiDocument {
  const components = new Components()
  addFaultSchemas(components)
  const described = routes.flatMap((route) => operationOf(route)).sort((a, b) => (order(a) < order(b) ? -1 : 1))
  const tagged = new Set(described.filter(hasTag(components)).map(({ path }) => path))
  const paths: Record<string, PathItem> = {}
  for (const each of described) {
    paths[each.path] = { ...paths[each.path], [each.method]: operationObject(each, tagged, components) }
  }
  const { schemas, ...document } = components.finish({
    openapi: '3.1.1',
    info: {
      title: 'Foulweather',
      version,
      summary: 'The admin API of Foulweather, a fault-injection proxy.',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This very server.' }],
    security: [{ token: [] }],
    tags: tagObjects(new Set(described.map(({ operation }) => tagName(operation)))),
    paths,
  })
  return { ...document, components: { schemas, securitySchemes: { token: TOKEN } } }
}

const DESCRIPTION =
  'Proxies, the faults on them, and everything that protects from faults that nobody wants any more. Durations are milliseconds or texts such as `"250ms"`, sizes bytes or `"64KiB"`, rates bytes per second or `"10mbit"`. Errors are problem documents (RFC 9457).'

const TOKEN: JsonSchema = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token of the server: `viewer` reads, `operator` also works with faults, profiles and sessions, `admin` may do everything. Where the server has none, none is wanted.',
}

interface Described {
  readonly method: Method
  readonly path: string
  readonly app: RouteOptionsApp
  readonly operation: Operation
}

function operationOf({ method, path, app }: DescribedRoute): readonly Described[] {
  const shown = method === '*' ? 'get' : METHODS.find((each) => each === method)
  if (shown === undefined || app?.operation === undefined) return []
  return [{ method: shown, path, app, operation: app.operation }]
}

/** By path, and then as methods are shown. */
function order({ path, method }: Described): string {
  return `${path} ${METHODS.indexOf(method)}`
}

function tagName({ tag }: Operation): string {
  return tag.charAt(0).toUpperCase() + tag.slice(1)
}

/** The components that have a revision of their own which requests can name. */
const TAGGED: ReadonlySet<unknown> = new Set(
  ['Proxy', 'Fault', 'Profile'].map((id) => `#/components/schemas/output:${id}`),
)
const isTagged = ({ $ref }: JsonSchema): boolean => TAGGED.has($ref)

function hasTag(components: Components) {
  return ({ method, operation }: Described): boolean => {
    const schema = operation.answers[200]?.schema
    return method === 'get' && schema !== undefined && isTagged(components.add(schema, 'output'))
  }
}

function operationObject(described: Described, tagged: ReadonlySet<string>, components: Components): OperationObject {
  const { method, path, app, operation } = described
  const { id, summary, description = '', body } = operation
  const family = app.family ?? 'native'
  const hasTag = isAboutTagged(described, tagged)
  const parameters = [
    ...pathParameters(path),
    ...ownParameters(operation, components),
    ...commonParameters(method, operation, family, hasTag),
  ]
  const role = app.open === true ? undefined : (app.role ?? usualRole(method))
  const responses = {
    ...successResponses(operation, family, isTagged, components),
    ...(method === 'get' && hasTag ? { 304: NOT_MODIFIED } : {}),
    ...errorResponses(codesOf(described, hasTag), family, components),
  }
  return {
    operationId: id,
    tags: [tagName(operation)],
    summary,
    description: [description, ...(role === undefined ? [] : [`Role: ${role}.`])]
      .filter((part) => part !== '')
      .join(' '),
    ...(role === undefined ? { security: [] } : { 'x-role': role }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body, components) }),
    responses,
  }
}

/** Whether it reads, changes or works on one thing that has a revision. */
function isAboutTagged({ method, path }: Described, tagged: ReadonlySet<string>): boolean {
  if (tagged.has(path)) return true
  // What is done to a thing stands below it; but what further things stand below of, is where these are added.
  const [, thing = '', what = ''] = /^(.*)\/(\w+)$/.exec(path) ?? []
  const addsOne = [...tagged].some((other) => other.startsWith(`${path}/{`))
  // To renew changes no revision, and wants none: somebody else's change is no reason to let a lease run out.
  return method === 'post' && tagged.has(thing) && !addsOne && what !== 'renew'
}

function requestBody(
  { description, schema, required = true, types = ['application/json'] }: NonNullable<Operation['body']>,
  components: Components,
) {
  const content = { schema: components.add(schema, 'input') }
  return {
    description,
    required,
    content: Object.fromEntries(
      types.map((type) => [type, type === 'application/json' ? content : { schema: { type: 'string' } }]),
    ),
  }
}

function codesOf({ method, path, app, operation }: Described, hasTag: boolean): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>(['host_refused', 'origin_refused', ...(operation.errors ?? [])])
  if (app.open !== true) codes.add('unauthorized').add('forbidden')
  // A query and a reason can be refused; under /v1 a query that nobody asks for is.
  if (operation.query !== undefined || method !== 'get' || path.startsWith('/v1/')) codes.add('invalid_value')
  if (operation.body !== undefined) codes.add('bad_request_body').add('missing_field').add('body_too_large')
  if (hasTag && method !== 'get' && app.family !== 'toxiproxy') codes.add('precondition_failed')
  return codes
}
