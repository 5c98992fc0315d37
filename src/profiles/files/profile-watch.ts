import { DirectoryWatchers } from './directory-watchers.ts'
import { failed, type Fingerprint, isSame, takeFingerprint } from './fingerprint.ts'
import { type Listed, listProfiles, type ProfilePlaces } from './listing.ts'
import { Patience } from './patience.ts'
import { reasonOf } from './reason.ts'
import { Settling } from './settling.ts'
import { watchPoints } from './watch-points.ts'

export interface WatchOptions {
  /** What keeps it from seeing changes at once, for the log. Default: nobody is told. */
  readonly onProblem?: (text: string) => void
}

/** Network file systems tell nobody of changes that another machine makes. */
const LOOK_EVERY_MS = 2000

/** Where the system gives us no watch. */
const LOOK_BLINDLY_EVERY_MS = 250

/**
 * Tells that something has changed in the places where profiles are, so that they are read anew.
 *
 * chokidar, which most programs use for this, keeps track of every file below a directory, so that it can say which one has changed; we read a small
 * directory whole whenever anything has, and then what an event says does not matter: a `..data` that is swapped, a rename, or a whole other
 * directory at the same path all mean "look".
 */
export class ProfileWatch {
  readonly #places: ProfilePlaces
  readonly #onChange: () => void
  readonly #onProblem: (text: string) => void
  readonly #settling = new Settling(() => void this.#look())
  readonly #patience = new Patience()
  readonly #watchers: DirectoryWatchers
  #last: Fingerprint | undefined
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #again = false
  #closed = false

  /** @param last what is known already; without it, what is there now. */
  constructor(places: ProfilePlaces, last: Fingerprint | undefined, onChange: () => void, options: WatchOptions = {}) {
    this.#places = places
    this.#last = last
    this.#onChange = onChange
    this.#onProblem = options.onProblem ?? (() => {})
    this.#watchers = new DirectoryWatchers(() => this.#settling.event(), this.#onProblem)
    void this.#look()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#settling.close()
    this.#watchers.close()
  }

  /** One at a time: whoever asks meanwhile has it done again. */
  async #look(): Promise<void> {
    this.#again = true
    if (this.#isLooking) return
    this.#isLooking = true
    clearTimeout(this.#timer)
    while (this.#again && !this.#closed) {
      this.#again = false
      await this.#lookOnce().catch((error: unknown) => this.#onProblem(reasonOf(error).text))
    }
    this.#isLooking = false
    if (this.#closed) return
    const pause = this.#patience.lookIn ?? (this.#watchers.isBlind ? LOOK_BLINDLY_EVERY_MS : LOOK_EVERY_MS)
    this.#timer = setTimeout(() => void this.#look(), pause).unref()
  }

  async #lookOnce(): Promise<void> {
    const { listing, now } = await this.#whatIsThere()
    const points = await watchPoints(this.#places, listing)
    if (this.#closed) return
    const isNew = await this.#watchers.arm(points)
    if (this.#closed) return
    if (isNew) this.#settling.event()
    const before = this.#last
    if (this.#patience.waits(before, now, performance.now())) return
    this.#last = now
    if (before !== undefined && !isSame(before, now)) this.#onChange()
  }

  async #whatIsThere(): Promise<{ listing: readonly Listed[]; now: Fingerprint }> {
    try {
      const listing = await listProfiles(this.#places)
      return { listing, now: await takeFingerprint(listing, this.#last) }
    } catch (error) {
      return { listing: [], now: failed(error) }
    }
  }
}
