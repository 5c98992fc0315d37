import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProfileFiles } from '../../../src/profiles/files/profile-files.ts'

/** For `expect.poll`: as `eventually` waits. */
export const PATIENTLY = { timeout: 15_000, interval: 10 }

/** A directory of its own for a test. */
export async function temporaryDirectory(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'foulweather-watch-')))
}

/** Reads profiles again whenever the watch calls, one reading behind the other, as a server does. */
export class Reader implements AsyncDisposable {
  calls = 0
  /** What was read last: the texts by the names of their profiles, `problem: …` in the place of one that has none. */
  texts: Readonly<Record<string, string>> | 'unreadable' = {}
  readonly #source: ProfileFiles
  readonly #watch: { close(): void }
  readonly #problems: string[] = []
  #reading: Promise<void> = Promise.resolve()

  private constructor(source: ProfileFiles) {
    this.#source = source
    this.#watch = source.watch(
      () => {
        this.calls += 1
        this.#reading = this.#reading.then(() => this.#read())
      },
      { onProblem: (text) => this.#problems.push(text) },
    )
  }

  static async start(places: ConstructorParameters<typeof ProfileFiles>[0]): Promise<Reader> {
    const source = new ProfileFiles(places)
    const first = await source.read().catch(() => [])
    const reader = new Reader(source)
    reader.texts = Object.fromEntries(first.map(({ name, text = '' }) => [name, text]))
    return reader
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  /** For `expect.poll`. */
  readonly shown = (): Reader['texts'] => this.texts

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch.close()
    await this.#reading
  }

  async #read(): Promise<void> {
    try {
      const files = await this.#source.read()
      this.texts = Object.fromEntries(
        files.map(({ name, text, problem }) => [name, text ?? `problem: ${problem ?? 'none'}`]),
      )
    } catch {
      this.texts = 'unreadable'
    }
  }
}

export async function removed(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true })
}
