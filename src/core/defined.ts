/** `T` without the fields that may be undefined, and with those as optional ones. */
type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out what was not given, so that the receiver's defaults hold. */
export function defined<T extends object>(fields: T): Defined<T>
export function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** The same, and `undefined` when nothing is left. */
export function definedOrNone<T extends object>(fields: T | undefined): Defined<T> | undefined {
  if (fields === undefined) return undefined
  const left = defined(fields)
  return Object.keys(left).length === 0 ? undefined : left
}
