import { z } from 'zod'
import { auditShape } from '../admin/shapes/audit.ts'
import { decisionsShape } from '../admin/shapes/decision.ts'
import { diffShape } from '../admin/shapes/diff.ts'
import { exchangesShape } from '../admin/shapes/exchange.ts'
import { faultTypesShape } from '../admin/shapes/fault-type.ts'
import { faultShape } from '../admin/shapes/fault.ts'
import { profileShape, reloadShape, validationShape } from '../admin/shapes/profile.ts'
import { proxyShape } from '../admin/shapes/proxy.ts'
import { haltResultShape, haltShape } from '../admin/shapes/safety.ts'
import { sessionShape } from '../admin/shapes/session.ts'
import { statusShape } from '../admin/shapes/status.ts'
import type { Answers, Fault } from '../client/views.ts'

/** Answers as the commands need them: the shapes of the server, less what no command reads. A server of another version may send more. */
const fault = faultShape.partial({ created: true, revision: true }).extend({ direction: z.string().optional() })
const toldFault = fault.partial({ owner: true, toxic: true, warnings: true, state: true, counters: true })
const proxy = proxyShape.partial({ revision: true }).extend({ faults: z.array(fault) })
const profile = profileShape.extend({ source: z.looseObject({ kind: z.string() }) })
const session = sessionShape.partial({
  ordinal: true,
  upstreamAddress: true,
  started: true,
  held: true,
  touchedBy: true,
})

const SHAPES: Readonly<Record<keyof Answers, z.ZodType>> = {
  status: statusShape.partial({ decisions: true }),
  proxy,
  proxies: z.object({ proxies: z.array(proxy) }),
  fault,
  faults: z.object({ faults: z.array(fault) }),
  faultTypes: faultTypesShape,
  profile,
  profiles: z.object({ profiles: z.array(profile) }),
  reload: reloadShape,
  diff: diffShape,
  validation: validationShape,
  export: z.looseObject({}),
  haltResult: haltResultShape,
  halt: haltShape,
  session,
  sessions: z.object({ total: z.number(), sessions: z.array(session) }),
  decisions: decisionsShape,
  exchanges: exchangesShape,
  audit: auditShape,
}

/** Whether it is what it should be. */
export function isAnswer<Kind extends keyof Answers>(kind: Kind, value: unknown): value is Answers[Kind] {
  return misfit(kind, value) === undefined
}

/** What is missing, or of another type than it should be; which words there are, and bounds, are up to the version of the server. */
export function misfit(kind: keyof Answers, value: unknown): string | undefined {
  const issues = SHAPES[kind].safeParse(value, { reportInput: true }).error?.issues ?? []
  return issueText(issues.filter(isOfOtherType))
}

/** A word that is not known here is one all the same; what is no word, or not there, is none. */
function isOfOtherType(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_value') return issue.values.every((known) => typeof known !== typeof issue.input)
  if (issue.code === 'invalid_union') return issue.errors.every((issues) => issues.some(isOfOtherType))
  return issue.code === 'invalid_type'
}

/** The first of them; `undefined` = there is none. */
export function issueText([issue]: readonly z.core.$ZodIssue[]): string | undefined {
  return issue === undefined ? undefined : `${issue.path.join('.')} ${issue.message}`
}

/** A fault as changes tell of it, which say nothing of how it is. */
export type ToldFault = Partial<Fault> & Pick<Fault, 'name' | 'type'>

export function isToldFault(value: unknown): value is ToldFault {
  return toldFault.safeParse(value).success
}
