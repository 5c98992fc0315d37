/** The library door. */

export { createFoulweather } from './library/foulweather.ts'
export type { Foulweather, ProfileOptions } from './library/foulweather.ts'
export type { OwnProxy, OwnProxyInput } from './library/proxy.ts'
export type { OwnProfile } from './library/profile.ts'
export type { FaultHandle } from './client/fault-handle.ts'
export type { FaultInput, FaultOf, FaultPatch, FaultType } from './client/fault-input.ts'
export { startServer } from './server.ts'
export type { AdminOptions, RunningServer, ServerOptions } from './server.ts'
export { defineFault } from './faults/define.ts'
export type { FaultDefinition, ToxicAttribute } from './faults/define.ts'
export { FoulweatherError } from './core/errors.ts'
export type { ErrorCode, ErrorDetails } from './core/errors.ts'
export type { AbortHow, Outlet, Reset, Stage } from './core/outlet.ts'
export type { Random } from './core/random.ts'
export type { Decision } from './core/decision.ts'
export type {
  Arrival,
  ConnectContext,
  Door,
  DoorContext,
  Effect,
  FaultContext,
  FaultCounters,
  StageContext,
  Verdict,
} from './core/fault-factory.ts'
export type { Direction, Ending, FaultDirection, Origin } from './core/words.ts'
export type { ControlPlane } from './control/control-plane.ts'
export type { ControlChange } from './control/changes.ts'
export { parseRecord } from './control/replay-record.ts'
export type { RecordedDecision } from './control/replay-record.ts'
export type { ProxyInput, ProxyUpdate } from './control/proxy-input.ts'
export type { SessionInfo, Snapshot } from './engine/data-plane.ts'
