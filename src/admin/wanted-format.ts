import type { Request } from '@hapi/hapi'

/** RFC 9512. */
export const YAML = 'application/yaml'

const JSON_TYPE = 'application/json'

/** Whether YAML was asked for by name, and JSON was not; what takes anything takes what the route gives otherwise. */
export function wantsYaml({ raw }: Request): boolean {
  const accepted = acceptedTypes(raw.req.headers.accept)
  return accepted.some((type) => type.endsWith('yaml')) && !accepted.includes(JSON_TYPE)
}

/** Whether JSON was asked for by name, and YAML was not. */
export function wantsJson({ raw }: Request): boolean {
  const accepted = acceptedTypes(raw.req.headers.accept)
  return accepted.includes(JSON_TYPE) && !accepted.some((type) => type.endsWith('yaml'))
}

function acceptedTypes(accept = ''): readonly string[] {
  return accept.split(',').map((type) => (type.split(';')[0] ?? '').trim().toLowerCase())
}
