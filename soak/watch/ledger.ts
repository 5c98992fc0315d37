import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import { isCalm } from '../places.ts'
import type { Tally } from '../tally.ts'
import { ANY_PROXY, type Doors } from '../weather/doors.ts'
import type { Pulse } from './pulse.ts'

/** What a client has lost without wanting to. */
export interface Loss {
  readonly proxy: string
  /** The client's own port; `undefined` = it was not connected. */
  readonly port: number | undefined
  /** When it began to connect, by `performance.now()` and by the wall clock. */
  readonly since: Moment
  /** For people. */
  readonly what: string
  /** It gave up waiting: then a fault of time explains it too. */
  readonly impatient?: boolean
  /** Of HTTP: where the exchange was. */
  readonly path?: string
}

interface Lost extends Loss {
  /** When it was told of, by the wall clock. */
  readonly until: number
}

export interface Moment {
  readonly steady: number
  readonly wall: number
}

export function thisMoment(): Moment {
  return { steady: performance.now(), wall: Date.now() }
}

/** A session that is over, as `GET /v1/events` tells it. */
export interface Ended {
  readonly session: string
  readonly proxy: string
  readonly client: string
  /** By the wall clock. */
  readonly started: string
  readonly origin: string
  readonly reason: string
  /** The names of those that have worked on it. */
  readonly touchedBy: readonly string[]
  /** By direction: what came in, and what went out. */
  readonly bytes: unknown
}

interface Exchange {
  readonly path: string
  /** The names of those that worked on it. */
  readonly faults: readonly string[]
}

interface Decision {
  readonly fault: string
  readonly type: string
  readonly kind: string
  readonly selected?: boolean
  readonly shadow?: boolean
}

interface Listed {
  readonly id: string
  readonly client: string
  readonly started: string
  readonly touchedBy: readonly string[]
  readonly bytes: unknown
  readonly ending: { readonly origin: string; readonly reason: string } | null
}

/** What an operator does to sessions: expected where we do it. */
const ORDERS = new Set(['killed', 'disabled', 'deleted', 'changed'])
/** Faults of time, by type: they explain why somebody gave up, and nothing else. */
const LATE_ONLY =
  /^(noop|latency|bandwidth|slicer|slow_close|stall|loss|packet_loss|link|accept_delay|connect_delay|hang|http_latency|http_bandwidth|http_stall|http_headers)$/

/** Bytes that are not those that were sent, rather than missing: that somebody could not connect, or lost a connection, does not make them so. */
const WRONG = / at byte \d+: |arrived wrong/

const NOT_FOUND = 'no such session was found'
const ENDED_KEPT = 20_000
const ENDED_KEPT_OF_A_PORT = 4
/** The clocks of two processes on one machine are the same, but for rounding. */
const CLOCK_SLACK = 50
/** By a busy thread. When a thread dies all of its clients come again at once, and get one another's ports before the last of them has told of its loss. */
const ACCEPTED_WITHIN = 5000
/** How long before a loss is told of the machine may have been the reason, and how long it has to have been away in that time. */
const BEFORE_MS = 20_000
const AWAY_MS = 8000
const EXPLAINED_WITHIN = 20_000
const LOOK_EVERY = 250

/**
 * Explains what clients have lost: by the ending of their session, or by what was decided about it. What cannot be explained is a violation. On calm proxies
 * there is no explanation but the death of a thread that was killed.
 */
export class Ledger {
  readonly #api: Pick<Api, 'get'>
  readonly #tally: Tally
  readonly #doors: Doors
  readonly #pulse: Pick<Pulse, 'missed'>
  /** By proxy and client; the last few of those that had the same port. */
  readonly #ended = new Map<string, readonly Ended[]>()
  /** Sessions that explain a loss: none explains two of clients without a port. */
  readonly #claimed = new Set<string>()
  readonly #open = new Set<Promise<void>>()

  constructor(api: Pick<Api, 'get'>, tally: Tally, doors: Doors, pulse: Pick<Pulse, 'missed'>) {
    this.#pulse = pulse
    this.#api = api
    this.#tally = tally
    this.#doors = doors
  }

  sessionEnded(ended: Ended): void {
    this.#tally.count(`ended by ${ended.origin}`)
    if (!['injected', 'client', 'upstream', 'proxy'].includes(ended.origin)) {
      this.#tally.violate(
        'origins',
        `session ${ended.session} of ${ended.proxy} has ended with ${JSON.stringify(ended)}`,
      )
    }
    const key = `${ended.proxy} ${ended.client}`
    const before = this.#ended.get(key) ?? []
    this.#ended.delete(key)
    this.#ended.set(key, [...before.slice(1 - ENDED_KEPT_OF_A_PORT), ended])
    if (this.#ended.size > ENDED_KEPT) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const [key, sessions] of this.#ended) {
      this.#ended.delete(key)
      for (const { session } of sessions) this.#claimed.delete(session)
      return
    }
  }

  /** Looks into it, and puts the outcome on record. */
  report(loss: Loss): void {
    this.#tally.count(`losses on ${loss.proxy}`)
    const explaining: Promise<void> = this.#lookInto({ ...loss, until: Date.now() })
      .catch((error: unknown) => this.#tally.violate('answers', `asking about a loss: ${String(error)}`))
      .finally(() => this.#open.delete(explaining))
    this.#open.add(explaining)
  }

  /** Answers when everything that was reported is explained, or cannot be. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }

  async #lookInto(loss: Lost): Promise<void> {
    const explanation = await this.#explain(loss)
    if (!explanation.startsWith('?')) this.#tally.count(`explained by ${explanation}`)
    else this.#tally.violate('bytes', `${loss.proxy}: ${loss.what}; ${explanation.slice(1)}`)
  }

  /** Why; behind a `?`: why not. */
  async #explain(loss: Lost): Promise<string> {
    if (isCalm(loss.proxy) && WRONG.test(loss.what)) {
      return `?nothing makes bytes wrong there: ${JSON.stringify((await this.#sessionOf(loss)) ?? null)}`
    }
    const reported = performance.now()
    // Who has waited for 15 s has waited for this machine, when it was away for most of them.
    const away = this.#pulse.missed(BEFORE_MS)
    const wasShut = (): boolean => this.#doors.wasShut(loss.proxy, loss.since.steady, reported)
    let told = NOT_FOUND
    while (performance.now() < reported + EXPLAINED_WITHIN) {
      if (loss.port === undefined) {
        if (wasShut()) return 'a shut door'
        const explained = this.#unseen(loss)
        if (explained !== undefined) return explained
        told = 'it could not connect, and nothing had shut the proxy'
        await sleep(LOOK_EVERY)
        continue
      }
      const listed = await this.#sessionOf(loss)
      const ended = this.#endingOf(loss) ?? listedEnding(loss, listed)
      const explained = ended === undefined ? undefined : byEnding(loss, ended)
      if (ended !== undefined && explained !== undefined) this.#claimed.add(ended.session)
      if (explained !== undefined) return explained
      if (!isCalm(loss.proxy)) {
        const session = ended?.session ?? listed?.id
        const decided = session === undefined ? undefined : await this.#byDecisions(loss, session)
        if (decided !== undefined) return decided
        const worked = [...(ended?.touchedBy ?? listed?.touchedBy ?? []), ...(await this.#onExchange(loss, session))]
        const cause = worked.map(typeOf).find((type) => loss.impatient === true || !LATE_ONLY.test(type))
        if (cause !== undefined) return `a fault at work (${cause})`
      }
      if (ended === undefined && listed === undefined) {
        if (wasShut()) return 'a shut door'
        // What the thread knew of the session, and of what was done to it, has gone with it, be it right behind the loss.
        const hasDied = this.#doors.wasShut(ANY_PROXY, loss.since.steady, performance.now())
        if (hasDied && !isCalm(loss.proxy)) return 'what a thread knew that has died'
      }
      if (ended !== undefined) {
        const { session, origin, reason, touchedBy, bytes } = ended
        const was = JSON.stringify({ touchedBy, bytes })
        told = `session ${session} ended by ${origin} (${reason}), and no fault did it: ${was}`
        if (performance.now() > reported + LOOK_EVERY * 4) break
      }
      await sleep(LOOK_EVERY)
    }
    if (!isCalm(loss.proxy) && loss.impatient === true && away > AWAY_MS) return 'a machine that had no time'
    return `?${told}`
  }

  /**
   * A reset that comes right behind the handshake may be told by `connect` itself, and the client has no port then: some session that was ended in that time, and
   * that nobody else has lost.
   */
  #unseen(loss: Lost): string | undefined {
    for (const ended of this.#ended.values().flatMap((sessions) => sessions)) {
      if (ended.proxy !== loss.proxy || !isOf(loss, ended.started)) continue
      const explained = this.#claimed.has(ended.session) ? undefined : byEnding(loss, ended)
      if (explained === undefined) continue
      this.#claimed.add(ended.session)
      return explained
    }
    return undefined
  }

  #endingOf(loss: Lost): Ended | undefined {
    const sessions = this.#ended.get(`${loss.proxy} 127.0.0.1:${loss.port}`)
    return sessions?.find(({ started }) => isOf(loss, started))
  }

  async #sessionOf(loss: Lost): Promise<Listed | undefined> {
    const { proxy, port } = loss
    const { sessions } = await this.#api.get<{ sessions: Listed[] }>(`/v1/sessions?state=all&proxy=${proxy}&limit=2000`)
    return sessions.findLast(({ client, started }) => client === `127.0.0.1:${port}` && isOf(loss, started))
  }

  /** What worked on the exchange that was lost. */
  async #onExchange({ path }: Loss, session: string | undefined): Promise<readonly string[]> {
    if (path === undefined || session === undefined) return []
    const asked = `/v1/exchanges?session=${encodeURIComponent(session)}&limit=1000`
    const { exchanges } = await this.#api.get<{ exchanges: Exchange[] }>(asked)
    return exchanges.filter((exchange) => exchange.path === path).flatMap(({ faults }) => faults)
  }

  async #byDecisions({ impatient = false }: Loss, session: string): Promise<string | undefined> {
    const path = `/v1/decisions?session=${encodeURIComponent(session)}&limit=5000`
    const { decisions } = await this.#api.get<{ decisions: Decision[] }>(path)
    const worked = decisions.filter(
      ({ kind, selected, shadow }) => shadow !== true && (kind === 'injection' || selected === true),
    )
    const cause = worked.find(({ type }) => !LATE_ONLY.test(type)) ?? (impatient ? worked[0] : undefined)
    return cause === undefined ? undefined : `what was decided (${cause.type})`
  }
}

/** What was not told because there was too much to tell is in the list for a while. */
function listedEnding({ proxy }: Loss, listed: Listed | undefined): Ended | undefined {
  if (listed === undefined || listed.ending === null) return undefined
  const { id, client, started, touchedBy, bytes, ending } = listed
  return { session: id, proxy, client, started, touchedBy, bytes, ...ending }
}

/**
 * Whether it may be the session of whoever has lost something: it was accepted after its client had begun to connect, and before that had given up. A client that
 * had the same port before or behind it is not meant: sessions that died with their thread are told of by nobody, and theirs would be taken for those.
 */
function isOf({ since, until }: Lost, started: string): boolean {
  const wall = Date.parse(started)
  return wall >= since.wall - CLOCK_SLACK && wall <= Math.min(until + CLOCK_SLACK, since.wall + ACCEPTED_WITHIN)
}

/** Names begin with the type. */
function typeOf(fault: string): string {
  return fault === 'toxic' ? 'latency' : (fault.split('-')[0] ?? fault)
}

function byEnding({ proxy }: Loss, { origin, reason }: Ended): string | undefined {
  if (origin === 'proxy' && reason === 'worker_died') return 'a thread that was killed'
  if (isCalm(proxy)) return undefined
  if (origin === 'injected') return 'a fault that has ended the session'
  if (origin === 'proxy' && ORDERS.has(reason)) return `an order (${reason})`
  return undefined
}
