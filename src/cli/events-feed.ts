import { setTimeout as sleep } from 'node:timers/promises'
import { eventShape } from '../admin/shapes/event.ts'
import { SseParser } from '../client/sse.ts'
import { FoulweatherError } from '../core/errors.ts'
import type { AdminClient } from './admin-client.ts'
import { CommandFailure } from './context.ts'
import type { Told } from './events-text.ts'

/** A sign of life comes every 15 s: after so long nobody is there any more, milliseconds. */
const SILENCE_MS = 45_000

const RETRY_MS = 1000

/** One event, and its text as it came. */
export interface FedEvent {
  readonly event: Told & { readonly type: string; readonly time: string }
  readonly text: string
}

export interface EventFeedOptions {
  readonly client: AdminClient
  /** `/v1/events` with its query. */
  readonly path: string
  /** Id of the event to go on behind; default: with what happens from now on. */
  readonly since?: string | undefined
  /** Ends it. */
  readonly signal: AbortSignal
  /** Told what became of the connection, for people. */
  readonly note: (text: string) => void
}

/**
 * The events of a server, one by one; a connection that breaks is made again, and goes on behind the last event, for as long as it takes.
 *
 * @throws FoulweatherError `unreachable` where there never was one; CommandFailure.
 */
export async function* followEvents(options: EventFeedOptions): AsyncGenerator<FedEvent, void> {
  const { signal, note, since = '' } = options
  const parser = { lastId: since, retryMs: RETRY_MS }
  let state: 'new' | 'there' | 'gone' = 'new'
  while (!signal.aborted) {
    try {
      for await (const fed of connection(options, parser)) {
        if (fed === 'begun') {
          if (state === 'gone') note('the server tells again')
          state = 'there'
        } else yield fed
      }
      note('the server has ended the stream; trying again until it answers')
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof FoulweatherError) || error.code !== 'unreachable' || state === 'new') throw error
      if (state === 'there') note(`${error.message} Trying again until it answers.`)
    }
    state = 'gone'
    await sleep(parser.retryMs, undefined, { signal }).catch(() => {})
  }
}

/** What one connection tells, to its end; `last` is kept up with it. */
async function* connection(
  { client, path, signal }: EventFeedOptions,
  last: { lastId: string; retryMs: number },
): AsyncGenerator<FedEvent | 'begun', void> {
  const parser = new SseParser(last.lastId)
  const headers = { accept: 'text/event-stream', ...(last.lastId === '' ? {} : { 'last-event-id': last.lastId }) }
  let begun = false
  for await (const bytes of client.stream(path, { headers, signal }, SILENCE_MS)) {
    if (!begun) yield 'begun'
    begun = true
    for (const { data, id } of parser.push(bytes)) {
      last.lastId = id
      yield { event: readEvent(data), text: data }
    }
    last.lastId = parser.lastId
    last.retryMs = parser.retryMs ?? last.retryMs
  }
}

function readEvent(data: string): FedEvent['event'] {
  const { data: event } = eventShape.safeParse(parsed(data))
  if (event !== undefined) return event
  throw new CommandFailure('the server does not tell events as an admin API does')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
