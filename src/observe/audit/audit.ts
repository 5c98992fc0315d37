import type { Logger } from '../logger.ts'
import { type Change, type ChangeSource, changeJson, profileOf } from '../events/change.ts'
import { AuditFile, type AuditFileOptions } from './file.ts'

export interface AuditOptions {
  readonly control: { readonly events: ChangeSource }
  /** Where every change is written to as well. Default: nowhere. */
  readonly file?: AuditFileOptions
  readonly logger: Logger
  /** How many changes can be looked back on; default: 1000. */
  readonly kept?: number
}

/** Which changes; what is absent is no condition. */
export interface AuditFilter {
  /** Only those with a larger revision. */
  readonly since?: number
  readonly action?: (name: string) => boolean
  /** The whole of it, the address without the port, or the name of the token. */
  readonly actor?: string
  readonly proxy?: string
  /** That profile, and what belongs to it. */
  readonly profile?: string
}

interface Entry extends Pick<Change, 'revision' | 'action' | 'proxy' | 'actor'> {
  readonly ofProfile: string | undefined
  /** The whole entry as one line of JSON. */
  readonly json: string
}

/** Characters of a line of the file; of what is longer only as much as here. */
const LONGEST_LINE = 2 ** 20

/** Characters of all entries together. */
const MOST_CHARACTERS = 8 * 2 ** 20

/** Who has changed what is in force, when and why. */
export function createAudit(options: AuditOptions): Audit {
  return new Audit(options)
}

export class Audit {
  readonly #kept: number
  readonly #entries: Entry[] = []
  #characters = 0
  readonly #file: AuditFile | undefined
  readonly #detach: () => void

  constructor({ control, file, logger, kept = 1000 }: AuditOptions) {
    this.#kept = kept
    this.#file = file === undefined ? undefined : new AuditFile(file, logger)
    const listener = (change: Change): void => this.#add(change)
    control.events.on('changed', listener)
    this.#detach = () => control.events.off('changed', listener)
  }

  /** Changes that are not in the file because it could not be written. */
  get dropped(): number {
    return this.#file?.dropped ?? 0
  }

  /** Entries as lines of JSON, the newest last. */
  entries(filter: AuditFilter = {}): readonly string[] {
    return this.#entries.filter((entry) => isMeant(entry, filter)).map(({ json }) => json)
  }

  /** Answers when everything is in the file, or after a second: a disk that hangs is not waited for. */
  async close(): Promise<void> {
    this.#detach()
    await this.#file?.close()
  }

  #add(change: Change): void {
    const { full, kept } = changeJson(change)
    this.#file?.append(full.length > LONGEST_LINE ? kept : full)
    const { revision, action, proxy, actor } = change
    this.#entries.push({
      revision,
      action,
      ...(proxy === undefined ? {} : { proxy }),
      ...(actor === undefined ? {} : { actor }),
      ofProfile: profileOf(change),
      json: kept,
    })
    this.#characters += kept.length
    while (this.#entries.length > this.#kept || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#entries.shift()?.json.length ?? 0
    }
  }
}

function isMeant(entry: Entry, { since = 0, action, actor, proxy, profile }: AuditFilter): boolean {
  return (
    entry.revision > since &&
    (action === undefined || action(entry.action)) &&
    (actor === undefined || isActor(entry.actor, actor)) &&
    (proxy === undefined || entry.proxy === proxy) &&
    (profile === undefined || entry.ofProfile === profile)
  )
}

/** `alice@10.0.0.1:4711` is found as that, as `alice`, as `10.0.0.1:4711` and as `10.0.0.1`: ports are other ones with each call. */
function isActor(actor: string | undefined, wanted: string): boolean {
  if (actor === undefined) return false
  const at = actor.lastIndexOf('@')
  const address = actor.slice(at + 1)
  const names = [actor, address, address.replace(/:\d+$/, ''), ...(at < 0 ? [] : [actor.slice(0, at)])]
  return names.includes(wanted)
}
