import { FoulweatherError } from '../core/errors.ts'
import type { LifetimePolicy } from './lifetime.ts'

/** That everything was halted: by whom, when and why. */
export interface Halt {
  /** Wall clock, ISO 8601. */
  readonly since: string
  readonly actor?: string
  readonly reason?: string
}

/** What protects from faults that stay too long, or that nobody wants any more. */
export class Safety {
  readonly policy: LifetimePolicy
  /** `undefined` = faults are taken. */
  halt: Halt | undefined
  /** What keeps everything halted, in a word or two; `undefined` = nothing. */
  heldBy: (() => string | undefined) | undefined

  constructor(policy: LifetimePolicy = {}) {
    this.policy = policy
  }

  /** @throws FoulweatherError `halted`. */
  refuseFaults(): void {
    if (this.halt === undefined) return
    const { since, actor, reason } = this.halt
    const who = actor === undefined ? '' : ` by ${actor}`
    const why = reason === undefined ? '' : ` (${reason})`
    const text = `no faults are taken: everything was halted at ${since}${who}${why}; resume first`
    throw new FoulweatherError('halted', text, { expected: 'POST /v1/resume first' })
  }

  /** @throws FoulweatherError `halted`. */
  refuseWhileHeld(): void {
    const held = this.heldBy?.()
    if (held === undefined) return
    throw new FoulweatherError('halted', `everything stays halted because of ${held}`, {
      expected: `an end of ${held} first`,
    })
  }
}
