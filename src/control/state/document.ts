import { z } from 'zod'
import type { ToxicView } from '../records.ts'

const FORMAT = 'foulweather-state'

/** Counts the changes of the form that an older server could not read. */
const VERSION = 1

const text = z.string()
const named = z.looseObject({ name: text, type: text })

/** What `JSON.stringify` makes a 0 of, and Toxiproxy's clients read back as they wrote it. */
const NEGATIVE_ZERO = '-0'

const float = z.union([z.number(), z.literal(NEGATIVE_ZERO)])

/** Integers of 64 bits are texts: JSON's numbers have 53. */
const attribute = z.union([z.number(), text.regex(/^-?\d{1,20}$/)])

const toxic = z.strictObject({ stream: text, toxicity: float, attributes: z.record(text, attribute) })

const fault = z.strictObject({ fields: named, toxic: toxic.optional() })

const proxy = z.strictObject({
  fields: z.looseObject({ name: text }),
  faults: z.array(fault),
  /** The profile that has made it and is in force no more (everything was halted). Absent: it was made by the API. */
  profile: text.optional(),
})

const profile = z.strictObject({ name: text, text })

const activation = z.strictObject({
  name: text,
  vars: z.record(text, z.union([text, z.number(), z.boolean()])),
})

const faultsOfProxy = z.strictObject({ proxy: text, faults: z.array(fault) })

const state = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  halted: z.strictObject({ since: text, actor: text.optional(), reason: text.optional() }).optional(),
  proxies: z.array(proxy),
  /** Of the API, on proxies of profiles that are in force. */
  faults: z.array(faultsOfProxy),
  /** Put by the API. */
  profiles: z.array(profile),
  /** In the order in which they were activated. */
  active: z.array(activation),
})

const version = z.looseObject({ format: z.literal(FORMAT), version: z.unknown() })

export type State = z.output<typeof state>
export type StoredFault = z.output<typeof fault>
export type StoredFaults = z.output<typeof faultsOfProxy>
export type StoredProxy = z.output<typeof proxy>
export type StoredProfile = z.output<typeof profile>
export type StoredActivation = z.output<typeof activation>
export type StoredToxic = z.output<typeof toxic>

/** The parts, each as a JSON text already: what has not changed need not be written down anew. */
export interface StateParts {
  readonly halted: string | undefined
  readonly proxies: readonly string[]
  readonly faults: readonly string[]
  readonly profiles: readonly string[]
  readonly active: readonly string[]
}

/** One entry in a line, for people and for `diff`. */
export function stateText({ halted, ...lists }: StateParts): string {
  const head = `{"format":${JSON.stringify(FORMAT)},"version":${VERSION}`
  const rest = (['proxies', 'faults', 'profiles', 'active'] as const).map((name) => {
    const lines = lists[name].map((line) => `\n${line}`).join(',')
    return `,\n${JSON.stringify(name)}:[${lines}${lines === '' ? '' : '\n'}]`
  })
  return `${head}${halted === undefined ? '' : `,\n"halted":${halted}`}${rest.join('')}\n}\n`
}

export type ReadState = { readonly state: State } | { readonly damage: string }

/** What a file says, or why it cannot be understood; nothing of its content is quoted, because there are keys in it. */
export function readState(content: string): ReadState {
  const json = parse(content)
  if (json === undefined) return { damage: 'it is not JSON, or ends too early' }
  const { data, error } = state.safeParse(json)
  if (error === undefined) return { state: data }
  const known = version.safeParse(json)
  if (!known.success) return { damage: 'it is not the state of foulweather' }
  if (known.data.version !== VERSION) {
    return { damage: `it is of version ${shortly(known.data.version)}, and this server reads version ${VERSION}` }
  }
  return { damage: `${z.core.toDotPath(error.issues[0]?.path ?? [])} is not as this server writes it` }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

function shortly(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 40)
}

export function storedToxic({ stream, toxicity, attributes }: ToxicView): StoredToxic {
  const entries = Object.entries(attributes).map(
    ([name, value]) => [name, typeof value === 'bigint' ? String(value) : storedFloat(value)] as const,
  )
  return { stream, toxicity: storedFloat(toxicity), attributes: Object.fromEntries(entries) }
}

function storedFloat(value: number): number | typeof NEGATIVE_ZERO {
  return Object.is(value, -0) ? NEGATIVE_ZERO : value
}

export function toxicityOf({ toxicity }: StoredToxic): number {
  return Number(toxicity)
}

export function toxicAttributes({ attributes }: StoredToxic): ToxicView['attributes'] {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? integer(value) : value]),
  )
}

/** An integer has no negative zero: that one is a fraction. */
function integer(value: string): bigint | number {
  return value === NEGATIVE_ZERO ? -0 : BigInt(value)
}
