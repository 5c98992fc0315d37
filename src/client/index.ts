/** The door for programs that drive a server which runs somewhere: its admin API, typed. */

export { FoulweatherClient } from './client.ts'
export type { CallOptions, ChangeOptions, ClientOptions } from './caller.ts'
export { FoulweatherApiError } from './api-error.ts'
export type { Problem } from './api-error.ts'
export { FoulweatherError } from '../core/errors.ts'
export type { ErrorCode, Place } from '../core/errors.ts'
export { LeaseLostError } from './held.ts'
export type { FaultHandle, LeasedFault } from './fault-handle.ts'
export type { LeasedProfile, ProfileHandle } from './profile-handle.ts'
export type { FaultCommon, FaultInput, FaultOf, FaultParams, FaultPatch, FaultType } from './fault-input.ts'
export type { FaultsClient } from './faults.ts'
export type { ProxiesClient } from './proxies.ts'
export type { ActivationInput, ProfileDocument, ProfilesClient, ProfileVars } from './profiles.ts'
export type { SessionQuery, SessionsClient } from './sessions.ts'
export type { EventOptions, EventStream } from './events.ts'
export type { EventQuery, EventType, FoulweatherEvent } from './event-types.ts'
export type { AuditQuery, DecisionQuery, ExchangeQuery } from './queries.ts'
export type {
  AuditEntry,
  AuditPage,
  Decision,
  DecisionPage,
  DiffEntry,
  ExchangeInfo,
  ExchangePage,
  Fault,
  FaultTypes,
  HaltResult,
  HaltState,
  Profile,
  Proxy,
  ProxyInput,
  ProxyPatch,
  ReloadResult,
  SessionInfo,
  SessionPage,
  Status,
  Validation,
} from './views.ts'
