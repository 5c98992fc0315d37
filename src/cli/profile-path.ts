import { segment } from './admin-client.ts'

/** Of all profiles, of one, or of something that can be done with it. */
export function profilePath(name?: string, action?: string): string {
  return ['/v1/profiles', ...[name, action].filter((part) => part !== undefined).map(segment)].join('/')
}
