import type { ActivationInput, ProfileDocument } from '../client/profiles.ts'
import type { By } from '../control/by.ts'
import type { ControlPlane } from '../control/control-plane.ts'
import type { ProfileView } from '../control/profiles/types.ts'
import { FoulweatherError } from '../core/errors.ts'

/** A profile of this process. Disposal deletes it, deactivated first. */
export interface OwnProfile extends AsyncDisposable {
  readonly name: string
  /** @throws FoulweatherError `profile_not_found`. */
  status(): ProfileView
  /** One that is active is brought in step with what is said now. */
  activate(activation?: ActivationInput): Promise<ProfileView>
  /** Nothing is done where it is not active. */
  deactivate(): Promise<ProfileView>
  /** Another text or other fields; while it is active, what differs is put in force at once. */
  update(document: ProfileDocument): Promise<ProfileView>
  /** That it has gone already is fine. */
  delete(): Promise<void>
}

export async function putProfile(
  control: ControlPlane,
  name: string,
  document: ProfileDocument,
  by: By,
): Promise<OwnProfile> {
  const { profiles } = control
  const update = async (changed: ProfileDocument): Promise<ProfileView> =>
    (await profiles.put(name, textOf(changed), by)).profile
  const remove = async (): Promise<void> => {
    try {
      await profiles.remove(name, by)
    } catch (error) {
      if (!(error instanceof FoulweatherError && error.code === 'profile_not_found')) throw error
    }
  }
  await update(document)
  return {
    name,
    status: () => profiles.get(name),
    activate: ({ ttl, lease, vars } = {}) =>
      profiles.activate(name, { ttl: ttl ?? undefined, lease: lease ?? undefined, vars: vars ?? undefined }, by),
    deactivate: () => profiles.deactivate(name, by),
    update,
    delete: remove,
    [Symbol.asyncDispose]: remove,
  }
}

/** JSON is YAML, too. */
function textOf(document: ProfileDocument): string {
  return typeof document === 'string' ? document : JSON.stringify(document)
}
