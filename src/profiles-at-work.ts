import type { By } from './control/by.ts'
import { Coalesced } from './control/coalesced.ts'
import type { ControlPlane } from './control/control-plane.ts'
import type { ProblemView } from './control/profiles/types.ts'
import { problemView } from './control/profiles/view.ts'
import { defined } from './core/defined.ts'
import { FoulweatherError, problemsOf } from './core/errors.ts'
import { didYouMean } from './faults/nearest.ts'
import type { Logger } from './observe/logger.ts'
import type { ProfileSource, VarValue } from './profiles/document.ts'

/** A place of profiles that can tell when something there has changed; one that cannot is read when somebody asks for it. */
export interface LiveProfileSource extends ProfileSource {
  /** @param options.onProblem told of what keeps it from seeing changes at once. */
  watch?(onChange: () => void, options: { readonly onProblem: (text: string) => void }): { close(): void }
}

/** Profiles that were asked for by name cannot be put in force: the start ends. `problems` has everything that is wrong. */
export class ProfilesRefused extends FoulweatherError {
  constructor(failures: readonly { readonly name: string; readonly error: FoulweatherError }[]) {
    const names = failures.map(({ name }) => JSON.stringify(name)).join(', ')
    const [first] = failures
    super(first?.error.code ?? 'invalid_profile', `cannot activate ${names}`, {
      field: 'activate',
      value: first?.name,
      problems: failures.flatMap(({ error }) => problemsOf(error)),
    })
  }
}

export interface ProfilesAtWorkOptions {
  readonly control: ControlPlane
  readonly logger: Logger
  readonly source?: LiveProfileSource | undefined
  readonly vars?: Readonly<Record<string, VarValue>> | undefined
}

const AT_START: By = { actor: 'start' }

/** The profiles that are files: read at the start, and whenever they change. */
export class ProfilesAtWork {
  readonly #options: ProfilesAtWorkOptions
  readonly #reload: Coalesced<By>
  #watch: { close(): void } | undefined

  constructor(options: ProfilesAtWorkOptions) {
    this.#options = options
    const { control, logger } = options
    this.#reload = new Coalesced((by) => this.#readAnew(by))
    control.events.on('changed', ({ action, profile, after }) => {
      if (action === 'profile-reload-failed') logProblems(logger, profile ?? '', problemsIn(after))
    })
  }

  /**
   * Nothing is put in force yet. One that has mistakes is logged, and the others go on.
   *
   * @throws FoulweatherError `invalid_value` where they cannot be read at all.
   */
  async load(): Promise<void> {
    const { control, logger, source } = this.#options
    if (source === undefined) return
    await source.read().catch((cause: unknown) => {
      throw new FoulweatherError('invalid_value', messageOf(cause), { field: 'profiles', cause })
    })
    const { changed, failed } = await control.profiles.load(AT_START)
    logger.info({ profiles: changed.length + failed.length, invalid: failed.length }, 'Read the profiles')
    this.#warnOfVars()
  }

  /**
   * Those that say `active: true`, and those that are named. While everything is halted their proxies come without faults. One that the state has
   * brought back keeps the variables that it was given, and is not activated a second time.
   *
   * @throws ProfilesRefused where one that is named cannot be; the others are logged.
   */
  async activate(names: readonly string[]): Promise<void> {
    const { control, logger } = this.#options
    const restored = new Set(control.profiles.active().map(({ name }) => name))
    const failures: { readonly name: string; readonly error: FoulweatherError }[] = []
    for (const name of new Set(names)) {
      try {
        // What has come between (the proxies of `--config`) may have put it out of step, or stand in its way.
        if (restored.has(name) && (await control.profiles.diff(name)).length === 0) continue
        await control.profiles.activateAtStart(name, {}, AT_START)
      } catch (error) {
        if (!(error instanceof FoulweatherError)) throw error
        failures.push({ name, error: withWayOut(error, name, restored) })
      }
    }
    if (failures.length > 0) throw new ProfilesRefused(failures)
    for (const { name, error } of await control.profiles.activateMarked(AT_START)) {
      logProblems(logger, name, problemsOf(error).map(problemView))
    }
  }

  /** From now on files that change are read anew by themselves. */
  watch(): void {
    const { source, logger } = this.#options
    const onProblem = (problem: string): void => logger.warn({ problem }, 'Changes of profiles may be seen late')
    this.#watch = source?.watch?.(() => this.reload({ actor: 'file' }), { onProblem })
  }

  /** Reads the files anew. One reading is under way at the most, and one more follows; nobody waits. */
  reload(by: By): void {
    this.#reload.ask(by)
  }

  /** Answers when no reading is under way any more. */
  async close(): Promise<void> {
    this.#watch?.close()
    await this.#reload.idle()
  }

  async #readAnew(by: By): Promise<void> {
    const { control, logger } = this.#options
    try {
      await control.profiles.reload(by)
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'The profiles cannot be read; everything stays as it was')
    }
  }

  /** A value that no profile asks for is a slip of the pen. */
  #warnOfVars(): void {
    const { control, logger, vars = {} } = this.#options
    const known = new Set(control.profiles.list().flatMap((profile) => Object.keys(profile.vars)))
    for (const name of Object.keys(vars)) {
      if (known.has(name)) continue
      const hint = didYouMean(name, [...known])
      logger.warn({ variable: name }, `No profile has a variable ${JSON.stringify(name)}${hint}`)
    }
  }
}

/** Who does not get a server to start cannot deactivate anything with it. */
function withWayOut(error: FoulweatherError, name: string, restored: ReadonlySet<string>): FoulweatherError {
  const { code, message, value } = error
  if (code !== 'profile_conflict' || typeof value !== 'string' || !restored.has(value)) return error
  const text = `${message}. The state file has brought back ${value}: start without ${name} to deactivate that one`
  const { field, place, expected } = error
  return new FoulweatherError(code, text, { value, cause: error, ...defined({ field, place, expected }) })
}

function logProblems(logger: Logger, profile: string, problems: readonly ProblemView[]): void {
  for (const { detail, file, line, column, field } of problems) {
    logger.error({ profile, ...defined({ file, line, column, field }) }, `A profile cannot be used: ${detail}`)
  }
}

function problemsIn(after: object | null): readonly ProblemView[] {
  // As it is announced; an event can hold anything.
  return after !== null && 'problems' in after && Array.isArray(after.problems) ? after.problems : []
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
