import type { RouteFamily } from '../hapi-state.ts'
import type { Operation, Parameter } from '../operation.ts'
import type { Components } from './components.ts'
import type { Method, ParameterObject } from './types.ts'

const MEANINGS: Readonly<Record<string, string>> = {
  proxy: 'The name of the proxy.',
  fault: 'The name of the fault.',
  toxic: 'The name of the toxic.',
  profile: 'The name of the profile.',
  id: 'The id of the session.',
}

/** What a path names in braces. */
export function pathParameters(path: string): readonly ParameterObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: MEANINGS[name] ?? `The ${name}.`,
    schema: { type: 'string' },
  }))
}

/** Those that the operation itself names. */
export function ownParameters({ query = [], headers = [] }: Operation, components: Components) {
  const objects = (place: ParameterObject['in'], parameters: readonly Parameter[]): readonly ParameterObject[] =>
    parameters.map(({ name, description, schema }) => ({
      name,
      in: place,
      required: false,
      description,
      schema: components.add(schema, 'input'),
    }))
  return [...objects('query', query), ...objects('header', headers)]
}

/** Those that go with the method. @param tag of what is read or changed: whether it has one. */
export function commonParameters(
  method: Method,
  { offRecord = false }: Operation,
  family: RouteFamily,
  tag: boolean,
): readonly ParameterObject[] {
  const native = family === 'native'
  if (method === 'get') return tag ? [IF_NONE_MATCH] : []
  const reasons = offRecord ? [] : [...(native ? [REASON] : []), REASON_HEADER]
  return [...reasons, ...(tag && native ? [IF_MATCH] : [])]
}

const reason = { type: 'string', maxLength: 500, examples: ['game day'] }
const REASON: ParameterObject = {
  name: 'reason',
  in: 'query',
  required: false,
  description: 'Why, for the record, where the header `X-Foulweather-Reason` does not say it.',
  schema: reason,
}
const REASON_HEADER: ParameterObject = {
  name: 'X-Foulweather-Reason',
  in: 'header',
  required: false,
  description: 'Why, for the record: up to 500 characters, none of them a control character; UTF-8.',
  schema: reason,
}
const IF_MATCH: ParameterObject = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` that it must have, or several with commas between, or `*`; otherwise nothing is done.',
  schema: { type: 'string', examples: ['"12"'] },
}
const IF_NONE_MATCH: ParameterObject = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'An `ETag`: where it still has that, the answer is 304 without a body.',
  schema: { type: 'string', examples: ['"12"'] },
}
