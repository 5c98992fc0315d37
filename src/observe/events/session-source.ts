import type { EventEmitter } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import { defined } from '../../core/defined.ts'
import type { SessionInfo } from '../../engine/data-plane.ts'
import type { EngineEvents } from '../../engine/events.ts'
import { SessionGate } from './session-gate.ts'
import { OMITTED_TYPE } from './types.ts'

/** What an event says besides its id, type and time. */
export interface EventFields {
  readonly proxy?: string
  readonly [field: string]: unknown
}

export interface SessionSourceParts {
  readonly events: EventEmitter<EngineEvents>
  readonly clock: Clock
  /** How many are told in a second; what is beyond is counted. */
  readonly most: number
  readonly tell: (type: string, fields: EventFields) => void
}

/** What the engine says of sessions, and of doors. The engine describes a session only if somebody listens, and opening sessions is a hot thing. */
export class SessionSource {
  readonly #events: EventEmitter<EngineEvents>
  readonly #gate: SessionGate
  readonly #tell: SessionSourceParts['tell']
  readonly #opened = this.#gated('session-opened', openedFields)
  readonly #ended = this.#gated('session-ended', endedFields)
  readonly #dial = this.#gated('dial-failed', asTheyAre)
  readonly #handshake = this.#gated('handshake-failed', asTheyAre)
  readonly #shut = this.#gated('door-shut', asTheyAre)
  readonly #open = this.#gated('door-opened', asTheyAre)

  constructor({ events, clock, most, tell }: SessionSourceParts) {
    this.#events = events
    this.#tell = tell
    const tellOmitted = (proxy: string, omitted: Readonly<Record<string, number>>): void =>
      tell(OMITTED_TYPE, { proxy, omitted })
    this.#gate = new SessionGate({ clock, most, tellOmitted })
  }

  start(): void {
    this.#events.on('session-opened', this.#opened).on('session-ended', this.#ended).on('dial-failed', this.#dial)
    this.#events.on('handshake-failed', this.#handshake).on('door-shut', this.#shut).on('door-opened', this.#open)
  }

  stop(): void {
    this.#events.off('session-opened', this.#opened).off('session-ended', this.#ended).off('dial-failed', this.#dial)
    this.#events.off('handshake-failed', this.#handshake).off('door-shut', this.#shut).off('door-opened', this.#open)
    this.#gate.close()
  }

  #gated<About extends { readonly proxy: string }>(type: string, fieldsOf: (about: About) => EventFields) {
    return (about: About): void => {
      if (this.#gate.admit(type, about.proxy)) this.#tell(type, fieldsOf(about))
    }
  }
}

function asTheyAre(fields: EventFields & { readonly proxy: string }): EventFields {
  return fields
}

/** Addresses, names and counts, never a byte of what passes through. */
function openedFields({ proxy, id, client, upstream, servername, stages }: SessionInfo): EventFields {
  return { proxy, session: id, client, upstream, ...defined({ servername }), faults: stages }
}

function endedFields(session: SessionInfo): EventFields {
  const { bytes, started, ageMs, ending, touchedBy } = session
  return { ...openedFields(session), touchedBy, bytes, started, ageMs, origin: ending?.origin, reason: ending?.reason }
}
