import type { ProfileFile, ProfileSource } from '../document.ts'
import { failed, type Fingerprint, takeFingerprint } from './fingerprint.ts'
import { inParallel } from './in-parallel.ts'
import { type Listed, listProfiles, type ProfilePlaces } from './listing.ts'
import { ProfileWatch, type WatchOptions } from './profile-watch.ts'
import { readText } from './read-text.ts'
import { reasonOf } from './reason.ts'

/** Profiles that are files: those of a directory, and single ones. */
export class ProfileFiles implements ProfileSource {
  readonly #places: ProfilePlaces
  #lastRead: Fingerprint | undefined

  constructor(places: ProfilePlaces) {
    this.#places = places
  }

  /** @throws Error where the directory cannot be read, or there are more profiles than `MOST_PROFILES`. */
  async read(): Promise<readonly ProfileFile[]> {
    const listing = await this.#list()
    // Taken before anything is read: what changes from here on differs from it.
    this.#lastRead = await takeFingerprint(listing)
    const files = await inParallel(listing, (listed) => this.#readOne(listed))
    return files.flatMap((file) => file ?? [])
  }

  /**
   * Calls `onChange` each time that something may be different from what was read last (or, before the first reading, from when this was called),
   * within 100 ms of a change where the system tells of it, and within some 2 s elsewhere. What may be seen half done has 100 ms more to be over, and
   * a second where it goes on and on: a file that is gone, or that is written in its place.
   */
  watch(onChange: () => void, options: WatchOptions = {}): { close(): void } {
    return new ProfileWatch(this.#places, this.#lastRead, onChange, options)
  }

  async #list(): Promise<readonly Listed[]> {
    try {
      return await listProfiles(this.#places)
    } catch (cause) {
      this.#lastRead = failed(cause)
      throw new Error(`the profiles${this.#where()} cannot be read: ${reasonOf(cause).text}`, { cause })
    }
  }

  #where(): string {
    return this.#places.dir === undefined ? '' : ` in ${this.#places.dir}`
  }

  async #readOne({ name, file, problem }: Listed): Promise<ProfileFile | undefined> {
    if (problem !== undefined) return { name, file, problem }
    const read = await readText(file)
    if (read.kind === 'text') return { name, file, text: read.text }
    if (read.kind === 'problem') return { name, file, problem: read.problem }
    // Deleted since it was listed, and no profile any more; one that was asked for by its name is missed.
    return this.#places.files?.includes(file) === true ? { name, file, problem: 'there is no such file' } : undefined
  }
}
