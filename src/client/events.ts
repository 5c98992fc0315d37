import { setTimeout as sleep } from 'node:timers/promises'
import { FoulweatherError } from '../core/errors.ts'
import { FoulweatherApiError } from './api-error.ts'
import { type Caller, queryText } from './caller.ts'
import type { EventQuery, FoulweatherEvent } from './event-types.ts'
import { SseParser } from './sse.ts'
import type { StreamedAnswer } from './transport.ts'

export interface EventOptions extends EventQuery {
  /** Ends the events; that is no error. */
  readonly signal?: AbortSignal | undefined
  /** The id of an event, to be told of everything behind it. Default: from now on. */
  readonly after?: string | undefined
}

const PATH = '/v1/events'
const TYPE = 'text/event-stream'

/** Nothing for so long, not even a sign of life, means that nobody is there any more, milliseconds. */
const SILENCE_MS = 60_000

/** Before the connection is made again, unless the server says otherwise, milliseconds. It doubles with each that fails. */
const PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

/** For so long a server that was there is looked for again, milliseconds. */
const PATIENCE_MS = 60_000

/**
 * What happens on a server, as it happens. Listens at once. A connection that is lost is made again, and goes on behind the last event; where events
 * are gone meanwhile, an event of type `missed` says so. Who does not read is dropped by the server, and comes back the same way.
 */
export class EventStream implements AsyncIterableIterator<FoulweatherEvent>, AsyncDisposable {
  readonly #caller: Caller
  readonly #path: string
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #first: Promise<StreamedAnswer>
  readonly #events: AsyncGenerator<FoulweatherEvent, undefined>
  #lastId: string
  #pauseMs = PAUSE_MS

  constructor(caller: Caller, { signal, after = '', type, proxy, profile }: EventOptions) {
    this.#caller = caller
    this.#path = eventsPath({ type: type?.join(','), proxy, profile })
    this.#lastId = after
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    this.#first = this.#connect()
    // Whoever reads is told.
    this.#first.catch(() => {})
    this.#events = this.#follow()
  }

  /** Answers when the server has begun to tell: what happens from then on is told. @throws FoulweatherApiError, FoulweatherError `unreachable`. */
  async opened(): Promise<void> {
    await this.#first
  }

  /** The id of the latest event that was read, for `after`; empty = there was none. */
  get lastEventId(): string {
    return this.#lastId
  }

  /** @throws FoulweatherApiError, FoulweatherError `unreachable`: the server is not there, or was not for a minute. */
  next(): Promise<IteratorResult<FoulweatherEvent, undefined>> {
    return this.#events.next()
  }

  /** Ends it, also while `next` waits: that answers that there is no more then. */
  return(): Promise<IteratorResult<FoulweatherEvent, undefined>> {
    this.#stop.abort()
    return this.#events.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #connect(): Promise<StreamedAnswer> {
    const headers = { accept: TYPE, ...(this.#lastId === '' ? {} : { 'last-event-id': this.#lastId }) }
    const answer = await this.#caller.stream(this.#path, headers, this.#signal, SILENCE_MS)
    if (answer.type.startsWith(TYPE)) return answer
    answer.discard()
    throw this.#noEvents(`its content type is ${JSON.stringify(answer.type)}, expected ${TYPE}`)
  }

  #noEvents(why: string): FoulweatherError {
    const text = `${this.#caller.base}${PATH} did not answer as an admin API does: ${why}`
    return new FoulweatherError('unreachable', text, { expected: TYPE })
  }

  async *#follow(): AsyncGenerator<FoulweatherEvent, undefined> {
    try {
      let answer = await this.#first
      for (;;) {
        const parser = new SseParser(this.#lastId)
        yield* this.#read(answer, parser)
        this.#pauseMs = Math.min(Math.max(1, parser.retryMs ?? this.#pauseMs), LONGEST_PAUSE_MS)
        answer = await this.#connectAgain()
      }
    } catch (error) {
      if (this.#signal.aborted) return undefined
      throw error
    }
  }

  /** Until there is no more of it, for whatever reason. */
  async *#read({ body }: StreamedAnswer, parser: SseParser): AsyncGenerator<FoulweatherEvent, void> {
    try {
      for await (const bytes of body) {
        for (const { data, id } of parser.push(bytes)) {
          const event: FoulweatherEvent = JSON.parse(data)
          this.#lastId = id
          yield event
        }
        this.#lastId = parser.lastId
      }
    } catch (error) {
      this.#signal.throwIfAborted()
      // To come again would bring the same again.
      if (error instanceof SyntaxError || error instanceof RangeError) throw this.#noEvents(error.message)
    }
  }

  async #connectAgain(): Promise<StreamedAnswer> {
    const until = performance.now() + PATIENCE_MS
    for (let pause = this.#pauseMs; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal: this.#signal })
      try {
        return await this.#connect()
      } catch (error) {
        if (!mayHeal(error) || performance.now() > until) throw error
      }
    }
  }
}

/** @param query `type` with commas between names. */
export function eventsPath(query: { readonly [Name in keyof EventQuery]: string | undefined }): string {
  return `${PATH}${queryText(query)}`
}

function mayHeal(error: unknown): boolean {
  if (error instanceof FoulweatherApiError) return error.status >= 500 || error.status === 429
  return error instanceof FoulweatherError && error.code === 'unreachable'
}
