import type { z } from 'zod'
import type { auditEntryShape, auditShape } from '../admin/shapes/audit.ts'
import type { diffEntryShape } from '../admin/shapes/diff.ts'
import type { faultTypesShape } from '../admin/shapes/fault-type.ts'
import type { faultShape } from '../admin/shapes/fault.ts'
import type { profileShape, reloadShape, validationShape } from '../admin/shapes/profile.ts'
import type { proxyInputShape, proxyShape } from '../admin/shapes/proxy.ts'
import type { haltResultShape, haltShape } from '../admin/shapes/safety.ts'
import type { statusShape } from '../admin/shapes/status.ts'
import type { Decision } from '../core/decision.ts'
import type { FaultState, SessionInfo } from '../engine/data-plane.ts'
import type { ExchangeInfo } from '../engine/http/exchange-info.ts'
import type { ExchangeLogInfo } from '../engine/http/exchange-log.ts'
import type { commonFields } from '../faults/common-fields.ts'

/** What the admin API takes and answers: the types of its own shapes. */

type Shown<Shape extends z.ZodType> = DeepReadonly<z.output<Shape>>

type DeepReadonly<Value> = Value extends object ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> } : Value

export type Status = Shown<typeof statusShape>

type Common = Pick<z.output<typeof commonFields>, 'direction' | 'probability' | 'per' | 'part' | 'shadow'>

/** A fault as it is: everything that is in force, in base units, its parameters beside the other fields. */
export interface Fault extends Shown<typeof faultShape>, Readonly<Common> {
  readonly state: FaultState
}

export interface Proxy extends Omit<Shown<typeof proxyShape>, 'faults'> {
  /** In the order in which bytes meet them. */
  readonly faults: readonly Fault[]
}

/** A proxy as it is written. */
export type ProxyInput = z.input<typeof proxyInputShape>

/** What is to be otherwise, also inside of objects; `null` takes it away. The name stays. */
export type ProxyPatch = Patch<Omit<ProxyInput, 'name'>>

type Patch<Fields> = { readonly [Name in keyof Fields]?: Inside<Fields[Name]> | null }

type Inside<Value> = Value extends readonly unknown[] ? Value : Value extends object ? Patch<Value> : Value

export type Profile = Shown<typeof profileShape>
export type ReloadResult = Shown<typeof reloadShape>
export type DiffEntry = Shown<typeof diffEntryShape>
export type Validation = Shown<typeof validationShape>

/** What a halt has stopped. */
export type HaltResult = Shown<typeof haltResultShape>
/** Whether everything is halted, since when, by whom and why. */
export type HaltState = Shown<typeof haltShape>

export type FaultTypes = Shown<typeof faultTypesShape>

export type { Decision, ExchangeInfo, SessionInfo }

/** One change to what is in force. */
export type AuditEntry = Shown<typeof auditEntryShape>
export type AuditPage = Shown<typeof auditShape>

export interface SessionPage {
  /** How many there are, whatever the limit. */
  readonly total: number
  readonly sessions: readonly SessionInfo[]
}

export interface DecisionPage {
  readonly total: number
  /** Oldest first. */
  readonly decisions: readonly Decision[]
}

export interface ExchangePage {
  readonly total: number
  /** To follow: ask with `after` = its `newest`. */
  readonly log: ExchangeLogInfo
  /** Oldest first. */
  readonly exchanges: readonly ExchangeInfo[]
}

/** Everything that calls answer in JSON, by the names that `Caller.json` knows it by. */
export interface Answers {
  readonly status: Status
  readonly proxy: Proxy
  readonly proxies: { readonly proxies: readonly Proxy[] }
  readonly fault: Fault
  readonly faults: { readonly faults: readonly Fault[] }
  readonly faultTypes: FaultTypes
  readonly profile: Profile
  readonly profiles: { readonly profiles: readonly Profile[] }
  readonly reload: ReloadResult
  readonly diff: { readonly changes: readonly DiffEntry[] }
  readonly validation: Validation
  readonly export: Readonly<Record<string, unknown>>
  readonly haltResult: HaltResult
  readonly halt: HaltState
  readonly session: SessionInfo
  readonly sessions: SessionPage
  readonly decisions: DecisionPage
  readonly exchanges: ExchangePage
  readonly audit: AuditPage
}
