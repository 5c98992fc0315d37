import { hasPrivateKey, withoutPrivateKeys } from '../../core/private-keys.ts'
import { defined } from '../../core/defined.ts'
import type { FoulweatherError } from '../../core/errors.ts'
import type { Clock } from '../../core/clock.ts'
import { show } from '../../faults/issues.ts'
import { SET } from '../certificates.ts'
import type { Lifetime } from '../records.ts'
import type { CompiledProfile } from './compile.ts'
import type { Shelved } from './shelf.ts'
import type { ProblemView, ProfileView } from './types.ts'

/** A profile that is in force. */
export interface Active {
  readonly compiled: CompiledProfile
  readonly lifetime: Lifetime | undefined
  /** Wall clock, milliseconds since the epoch. */
  readonly since: number
  /** What is wrong with what its text says now, beside the text itself. */
  readonly problems: readonly FoulweatherError[]
}

export function problemView(error: FoulweatherError): ProblemView {
  const { code, message, field, expected, place } = error
  const value = withoutKey(error.value)
  return {
    code,
    // It quotes the beginning of what it is about.
    detail: withoutPrivateKeys(message, SET),
    ...defined({ field, expected, value: value === undefined || isPlain(value) ? value : show(value) }),
    ...place,
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= 1000 : typeof value === 'number' || typeof value === 'boolean'
}

/** @param refusals what is wrong with one that is not in force, besides its text itself. */
export function profileView(
  shelved: Shelved,
  active: Active | undefined,
  clock: Clock,
  refusals: readonly FoulweatherError[] = [],
): ProfileView {
  const { name, file, outcome, revision } = shelved
  const document = outcome.ok ? outcome.value : undefined
  const now = active?.compiled.resolved ?? document
  const problems = [...(outcome.ok ? [] : outcome.problems), ...(active?.problems ?? refusals)]
  const invalid = outcome.ok ? 'inactive' : 'invalid'
  return {
    name,
    ...defined({ description: now?.description }),
    source: file === undefined ? { kind: 'api' } : { kind: 'file', file },
    state: active === undefined ? invalid : 'active',
    revision,
    labels: Object.fromEntries(Object.entries(now?.labels ?? {}).map(([key, text]) => [key, withoutKey(text)])),
    extends: document?.extends ?? [],
    vars: Object.fromEntries(Array.from(now?.vars ?? [], ([key, value]) => [key, withoutKey(value ?? null)])),
    proxies: [...(now?.proxies.keys() ?? [])],
    faults: now?.faults.length ?? 0,
    problems: problems.map(problemView),
    warnings: active?.compiled.warnings ?? [],
    ...(active === undefined ? {} : lasting(active, clock)),
  }
}

function lasting({ since, lifetime }: Active, clock: Clock): Partial<ProfileView> {
  return {
    activated: new Date(since).toISOString(),
    ...defined({
      ttl: lifetime?.ttl,
      lease: lifetime?.lease,
      expires: lifetime && new Date(lifetime.expires).toISOString(),
      ttl_remaining: lifetime && Math.max(0, Math.round(lifetime.until - clock.now())),
    }),
  }
}

/** Views go to whoever may look, into events and into logs; a certificate that comes of a variable needs its private key. */
function withoutKey<T>(value: T): T | typeof SET {
  return typeof value === 'string' && hasPrivateKey(value) ? SET : value
}
