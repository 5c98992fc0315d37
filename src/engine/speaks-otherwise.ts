import { isDeepStrictEqual } from 'node:util'
import type { ProxyPlan } from '../core/plan.ts'

/** What is said to clients or to the upstream below or beside HTTP is not what it was: sessions cannot go on. */
export function speaksOtherwise(plan: ProxyPlan, before: ProxyPlan): boolean {
  return (['protocol', 'http', 'tls', 'proxyProtocol'] as const).some(
    (part) => !isDeepStrictEqual(plan[part], before[part]),
  )
}
