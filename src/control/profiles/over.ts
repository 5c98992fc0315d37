import { isDeepStrictEqual } from 'node:util'
import type { CompiledProfile, ProfileFault } from './compile.ts'

/** A profile, and which of its faults have come to their end by their own `ttl`: they stay away as long as the profile says the same. */
export interface WithOver {
  readonly compiled: CompiledProfile
  /** By proxy and name. */
  readonly over: Map<string, ProfileFault>
}

/** A fault has come to its end by its own `ttl`. */
export function noteExpired(profiles: Iterable<WithOver>, proxy: string, name: string): void {
  for (const { compiled, over } of profiles) {
    const fault = compiled.faults.get(proxy)?.find(({ wanted }) => wanted.name === name)
    if (fault !== undefined) over.set(keyOf(proxy, name), fault)
  }
}

/** Another proxy of this name is another one; what a profile makes itself it makes again as it was. */
export function forgetExpired(profiles: Iterable<WithOver>, proxy: string): void {
  for (const { compiled, over } of profiles) {
    if (compiled.proxies.has(proxy)) continue
    for (const key of over.keys()) if (proxyOf(key) === proxy) over.delete(key)
  }
}

/** Those of them of which a profile says the same now. */
export function stillOver({ faults }: CompiledProfile, over: WithOver['over']): Map<string, ProfileFault> {
  return new Map(
    [...over].filter(([key, fault]) => {
      const now = faults.get(proxyOf(key))?.find(({ wanted }) => wanted.name === fault.wanted.name)
      return now !== undefined && isAlike(now, fault)
    }),
  )
}

/** Whether a fault is one of them, and has not changed since. */
export function isOver(over: ReadonlyMap<string, ProfileFault>, proxy: string, fault: ProfileFault): boolean {
  const before = over.get(keyOf(proxy, fault.wanted.name))
  return before !== undefined && isAlike(before, fault)
}

function isAlike(one: ProfileFault, other: ProfileFault): boolean {
  return one.ttl === other.ttl && isDeepStrictEqual(one.wanted, other.wanted)
}

function keyOf(proxy: string, fault: string): string {
  return JSON.stringify([proxy, fault])
}

function proxyOf(key: string): string {
  const [proxy]: unknown[] = JSON.parse(key)
  return String(proxy)
}
