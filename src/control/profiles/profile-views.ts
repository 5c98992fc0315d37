import type { FoulweatherError } from '../../core/errors.ts'
import type { By } from '../by.ts'
import { type ProfileAction, profileChange } from '../changes.ts'
import type { Registry } from '../registry.ts'
import type { FileMarks } from './file-marks.ts'
import type { InForce } from './in-force.ts'
import type { Shelved } from './shelf.ts'
import type { ProfileView } from './types.ts'
import { problemView, profileView } from './view.ts'

/** Shows profiles as they are now, and tells everybody what has become of them. */
export class ProfileViews {
  readonly #registry: Registry
  readonly #inForce: InForce
  readonly #marks: FileMarks

  constructor(registry: Registry, inForce: InForce, marks: FileMarks) {
    this.#registry = registry
    this.#inForce = inForce
    this.#marks = marks
  }

  of(shelved: Shelved): ProfileView {
    const running = this.#inForce.find(shelved.name)
    return profileView(shelved, running, this.#registry.clock, this.#marks.problemsOf(shelved))
  }

  /** @param after absent: there is no such profile any more. */
  announce(
    action: ProfileAction,
    name: string,
    before: ProfileView | undefined,
    after: Shelved | undefined,
    by: By,
  ): void {
    const now = after === undefined ? null : this.of(after)
    this.#registry.announce(profileChange(action, name, before ?? null, now, by))
  }

  announceFailure(name: string, problems: readonly FoulweatherError[], by: By): void {
    const after = { problems: problems.map(problemView) }
    this.#registry.announce(profileChange('profile-reload-failed', name, null, after, by))
  }
}
