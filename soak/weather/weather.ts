import { rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Api } from '../api.ts'
import type { Tally } from '../tally.ts'
import { ANY_PROXY, type Doors } from './doors.ts'
import { hostGuests } from './guests.ts'
import type { Operation, Saving, Timed } from './schedule.ts'

export interface WeatherOptions {
  readonly api: Api
  readonly tally: Tally
  readonly doors: Doors
  /** The directory of profiles. */
  readonly profiles: string
  /** `host:port` of an echo. */
  readonly echo: string
  /** Where the proxies of guests listen, by name. */
  readonly guests: Readonly<Record<string, number>>
  /** Answers how many threads there are. */
  readonly killWorker: () => Promise<number>
  readonly schedule: Iterator<Timed, never>
}

/** Names of profiles are no names of proxies or faults elsewhere; what they did may be in the way of one another all the same. */
const CONFLICTS: readonly number[] = [400, 404, 409, 422]

/** What each kind of operation may be answered, besides what 2xx says: where a `ttl`, a halt, a limit or a profile was faster. */
const MAY_BE: Readonly<Partial<Record<Operation['kind'], readonly number[]>>> = {
  add: [409],
  update: [404],
  remove: [404],
  toxic: [409],
  untoxic: [404],
  kill: [404],
  put: [409],
  activate: CONFLICTS,
  deactivate: CONFLICTS,
  guest: [409],
}

/** Does to the server what the schedule says, when it says it, one after the other. */
export class Weather {
  readonly #options: WeatherOptions
  readonly #guests = new Set<Promise<void>>()

  constructor(options: WeatherOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    const began = performance.now()
    while (!signal.aborted) {
      const { at, operation } = this.#options.schedule.next().value
      const ahead = began + at - performance.now()
      if (ahead > 0) await sleep(ahead, undefined, { signal }).catch(() => {})
      if (signal.aborted) break
      await this.#do(operation)
    }
    await Promise.all(this.#guests)
  }

  async #do(operation: Operation): Promise<void> {
    const { tally } = this.#options
    tally.count(`operation ${operation.kind}`)
    try {
      const answer = await this.#perform(operation)
      if (answer !== undefined) this.#judge(operation, answer)
    } catch (error) {
      tally.violate('answers', `${describe(operation)}: ${String(error)}`)
    }
  }

  #judge(operation: Operation, { status, text }: Answer): void {
    const { tally } = this.#options
    const refused = 'silenced' in operation && operation.silenced
    if (refused && status !== 409) {
      tally.violate('answers', `${describe(operation)} while everything is halted: answered ${status} ${text}`)
    }
    if (status < 300) return
    tally.count(`answered ${status} to ${operation.kind}`)
    if (!refused && MAY_BE[operation.kind]?.includes(status) !== true) {
      tally.violate('answers', `${describe(operation)}: answered ${status} ${text}`)
    }
  }

  async #perform(operation: Operation): Promise<Answer | undefined> {
    const { api, doors, tally } = this.#options
    switch (operation.kind) {
      case 'add':
        if (operation.fault.danger === 'shut') doors.shut(operation.proxy, operation.fault.ttl)
        tally.count(`fault ${operation.fault.type}`)
        return api.call('POST', `/v1/proxies/${operation.proxy}/faults`, operation.fault.body)
      case 'update':
        return api.call('PATCH', `/v1/proxies/${operation.proxy}/faults/${operation.fault}`, operation.fields)
      case 'remove':
        return api.call('DELETE', `/v1/proxies/${operation.proxy}/faults/${operation.fault}`)
      case 'toxic': {
        const attributes = { latency: operation.latency, jitter: 1 }
        return api.call('POST', `/proxies/${operation.proxy}/toxics`, { name: 'toxic', type: 'latency', attributes })
      }
      case 'untoxic':
        return api.call('DELETE', `/proxies/${operation.proxy}/toxics/toxic`)
      case 'put':
        return api.call('PUT', `/v1/profiles/${operation.profile}`, operation.text)
      case 'activate': {
        const body = operation.ttl === undefined ? undefined : { ttl: operation.ttl }
        return api.call('POST', `/v1/profiles/${operation.profile}/activate`, body)
      }
      case 'deactivate':
        return api.call('POST', `/v1/profiles/${operation.profile}/deactivate`)
      case 'halt':
        return api.call('POST', '/v1/halt?reason=soak')
      case 'resume':
        return api.call('POST', '/v1/resume')
      case 'reset':
        return api.call('POST', '/reset')
      case 'disable':
        doors.shut(operation.proxy)
        return api.call('PATCH', `/v1/proxies/${operation.proxy}`, { enabled: false })
      case 'enable': {
        const answer = await api.call('PATCH', `/v1/proxies/${operation.proxy}`, { enabled: true })
        doors.reopened(operation.proxy)
        return answer
      }
      case 'kill':
        return this.#kill(operation.proxy, operation.place)
      default:
        await this.#performUnanswered(operation)
        return undefined
    }
  }

  /** What is no call of the API. */
  async #performUnanswered(operation: Operation): Promise<void> {
    if (operation.kind === 'guest') this.#invite(operation.name)
    else if (operation.kind === 'kill-worker') {
      this.#options.doors.shut(ANY_PROXY, DIES_WITHIN)
      this.#options.tally.count('threads that were there to be killed', await this.#options.killWorker())
    } else await this.#write(operation)
  }

  async #kill(proxy: string, place: number): Promise<Answer | undefined> {
    const { api, tally } = this.#options
    const { sessions } = await api.get<{ sessions: { id: string }[] }>(`/v1/sessions?proxy=${proxy}&limit=100`)
    const victim = sessions[Math.floor(place * sessions.length)]
    if (victim === undefined) return undefined
    const answer = await api.call('DELETE', `/v1/sessions/${victim.id}`)
    if (answer.status < 300) tally.count('sessions killed')
    return answer
  }

  async #write(operation: Operation): Promise<void> {
    if (!('profile' in operation)) return
    const path = join(this.#options.profiles, `${operation.profile}.yaml`)
    if (operation.kind === 'unlink') await unlink(path).catch(() => {})
    else if ('how' in operation) await written(path, operation.text, operation.how)
  }

  /** Goes on beside the rest. */
  #invite(name: string): void {
    const { api, tally, doors, echo, guests: ports } = this.#options
    const guests = hostGuests({ api, tally, doors, echo, name, port: ports[name] ?? 0 })
      .catch((error: unknown) => tally.violate('answers', `${name}: ${String(error)}`))
      .finally(() => this.#guests.delete(guests))
    this.#guests.add(guests)
  }
}

/** A thread that is busy dies when it gets to it, milliseconds. */
const DIES_WITHIN = 2000

async function written(path: string, text: string, how: Saving): Promise<void> {
  if (how === 'over') {
    await writeFile(path, text)
  } else if (how === 'in-two') {
    await writeFile(path, text.slice(0, text.length / 2))
    await sleep(30)
    await writeFile(path, text)
  } else {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
}

function describe(operation: Operation): string {
  return JSON.stringify(operation)
}
