import { isDeepStrictEqual } from 'node:util'

/** Names of what two objects do not have alike, those of the first one first. */
export function differing(a: object, b: object): readonly string[] {
  const own = new Map(Object.entries(a))
  const other = new Map(Object.entries(b))
  const names = new Set([...own.keys(), ...other.keys()])
  return [...names].filter((name) => !isDeepStrictEqual(own.get(name), other.get(name)))
}
