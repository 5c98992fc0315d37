import type { FaultDefinition } from '../faults/define.ts'
import { faultDefinition, FAULTS, nearestType } from '../faults/index.ts'
import { CommandFailure, EXIT } from './context.ts'

/** @throws CommandFailure that names the nearest type. */
export function knownType(type: string, exitCode: number = EXIT.usage): FaultDefinition {
  const definition = faultDefinition(type)
  if (definition !== undefined) return definition
  const nearest = nearestType(type)
  const advice =
    nearest === undefined ? `there are: ${FAULTS.map((fault) => fault.type).join(', ')}` : `did you mean ${nearest}?`
  throw new CommandFailure(`there is no fault type "${type}" (${advice})`, exitCode)
}
