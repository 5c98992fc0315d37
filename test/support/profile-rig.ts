import type { ControlChange } from '../../src/control/changes.ts'
import { ControlPlane, type ControlPlaneOptions } from '../../src/control/control-plane.ts'
import type { DataPlane } from '../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../src/faults/index.ts'
import type { ProfileFile, ProfileSource } from '../../src/profiles/document.ts'
import { ManualClock } from './manual-clock.ts'

/** Files of profiles that a test writes, as they would be on a disk. */
export class ProfileTexts implements ProfileSource {
  readonly files = new Map<string, string>()

  read(): Promise<readonly ProfileFile[]> {
    return Promise.resolve(Array.from(this.files, ([name, text]) => ({ name, file: `profiles/${name}.yaml`, text })))
  }
}

/** A control plane with profiles on a real data plane, its lifetimes by the manual clock. */
export class ProfileRig implements AsyncDisposable {
  readonly clock = new ManualClock(1000)
  readonly texts = new ProfileTexts()
  readonly dataPlane: DataPlane = createLocalDataPlane({ seed: 1, factory: faultFactory })
  readonly control: ControlPlane
  readonly changes: ControlChange[] = []

  constructor(options: Partial<ControlPlaneOptions> = {}) {
    const { clock, texts, dataPlane } = this
    this.control = new ControlPlane({ dataPlane, seed: 1, clock, profileSource: texts, ...options })
    this.control.events.on('changed', (change) => this.changes.push(change))
  }

  get profiles() {
    return this.control.profiles
  }

  /** `proxy: fault, fault` for each proxy, in order. */
  get inForce(): readonly string[] {
    return this.control
      .proxies()
      .map(({ name, faults }) => `${name}: ${faults.map(({ plan }) => plan.name).join(', ')}`)
  }

  /** The actions of all changes so far, with what they are about; forgets them. */
  takeChanges(): readonly string[] {
    return this.changes
      .splice(0)
      .map(({ action, proxy, fault, profile }) =>
        [action, profile ?? proxy, fault].filter((part) => part !== undefined).join(' '),
      )
  }

  /** Saves files and has them read, as a watcher would. */
  async save(texts: Readonly<Record<string, string | null>>) {
    for (const [name, text] of Object.entries(texts)) {
      if (text === null) this.texts.files.delete(name)
      else this.texts.files.set(name, text)
    }
    return this.profiles.reload()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.close()
    await this.dataPlane.close()
  }
}
