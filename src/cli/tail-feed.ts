import type { ExchangeQuery } from '../client/queries.ts'
import type { ExchangeInfo, ExchangePage } from '../client/views.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { AdminClient } from './admin-client.ts'
import { CommandFailure } from './context.ts'
import { explained } from './toxiproxy-shapes.ts'

/** What there is to tell. */
export interface Page {
  readonly exchanges: readonly ExchangeInfo[]
  /** For people: what was missed, and what became of the server. */
  readonly notes: readonly string[]
}

/** Which are wanted. */
export type FeedQuery = Omit<ExchangeQuery, 'after' | 'limit'>

/** As many as the server gives at once. */
export const MOST = 9999

const DOING = 'Failed to list exchanges'

/** The exchanges of a server, asked for again and again; it may be started anew meanwhile. */
export class ExchangeFeed {
  readonly #client: AdminClient
  readonly #query: FeedQuery
  /** The process that was asked last, and the last exchange that it had. */
  #started = ''
  #newest = 0
  #kept = 0
  #reached = true

  constructor(client: AdminClient, query: FeedQuery) {
    this.#client = client
    this.#query = query
  }

  /**
   * The latest: `lines` of them at most or, with `since` (wall clock, milliseconds), all that are not older.
   *
   * @throws CommandFailure also where the server keeps none; FoulweatherError `unreachable`.
   */
  async first(lines: number, since?: number): Promise<Page> {
    // A limit of none is no limit to the server.
    const answer = await this.#ask({ limit: Math.max(1, since === undefined ? lines : MOST) })
    if (answer.log.kept === 0) {
      throw new CommandFailure('the server keeps no exchanges: it was started with --exchanges 0')
    }
    this.#at(answer)
    const { exchanges } = answer
    if (since === undefined)
      return { exchanges: exchanges.slice(exchanges.length - Math.min(lines, exchanges.length)), notes: [] }
    return { exchanges: exchanges.filter(({ time }) => Date.parse(time) >= since), notes: [] }
  }

  /** Those that have come since. A server that cannot be reached is told of once, and asked again with the next call. */
  async next(): Promise<Page> {
    try {
      return await this.#news()
    } catch (error) {
      if (!(error instanceof FoulweatherError) || error.code !== 'unreachable') throw error
      const notes = this.#reached ? [`${error.message} Trying again until it answers.`] : []
      this.#reached = false
      return { exchanges: [], notes }
    }
  }

  async #news(): Promise<Page> {
    let answer = await this.#ask({ after: this.#newest, limit: MOST })
    const notes: string[] = []
    if (answer.log.started !== this.#started) {
      notes.push('the server has been started anew')
      this.#newest = 0
      answer = await this.#ask({ after: 0, limit: MOST })
    } else if (!this.#reached) {
      notes.push('the server answers again')
    }
    this.#reached = true
    const missed = this.#missed(answer)
    if (missed > 0) notes.push(this.#textOf(missed))
    this.#at(answer)
    return { exchanges: answer.exchanges, notes }
  }

  #missed({ total, log, exchanges }: ExchangePage): number {
    return Math.max(0, log.dropped - this.#newest) + total - exchanges.length
  }

  #textOf(missed: number): string {
    // Those that are gone cannot be asked whether they were meant.
    const filtered = Object.keys(this.#query).length > 0
    const count = `${filtered ? 'up to ' : ''}${missed} ${missed === 1 ? 'exchange was' : 'exchanges were'} missed`
    return `${count}: the server keeps the latest ${this.#kept} (serve --exchanges)`
  }

  #at({ log }: ExchangePage): void {
    this.#started = log.started
    this.#newest = log.newest
    this.#kept = log.kept
  }

  async #ask(more: Pick<ExchangeQuery, 'after' | 'limit'>): Promise<ExchangePage> {
    return await explained(DOING, this.#client.exchanges({ ...this.#query, ...more }))
  }
}
