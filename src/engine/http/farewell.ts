import { headerOf, withHeader, withoutHeader, type HeaderList, type ResponseHead } from '../../core/http.ts'
import type { Ending } from '../../core/words.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange.ts'

/**
 * The proxy stops, and its sessions may finish: the exchange that is under way is the last one, and its client is told so, if there still is a head
 * to tell it with. Where none is under way the session ends at once.
 */
export class Farewell {
  readonly ending: Ending
  readonly #conversation: Conversation
  /** The last exchange is over; the connections end as soon as all of it is on its way. */
  #due = false

  constructor(conversation: Conversation, ending: Ending) {
    this.#conversation = conversation
    this.ending = ending
  }

  get due(): boolean {
    return this.#due
  }

  /** Whether the head of a response has to say what it does not say by itself. */
  concerns(exchange: Exchange): boolean {
    return !exchange.closes
  }

  /** The head of the response of the last exchange. */
  head(exchange: Exchange, head: ResponseHead): ResponseHead {
    if (!this.concerns(exchange)) return head
    exchange.closes = true
    return { ...head, headers: lastHeaders(head.headers) }
  }

  /**
   * The response is there, and the request never will be: a client that waits for a `100 (Continue)` has had another answer, and whether it sends the
   * body all the same is its own choice.
   */
  waitsInVain({ expects, responseOver }: Exchange): boolean {
    return expects && responseOver
  }

  /** The last exchange is over. What was inspected last may not be on its way yet, so this is not the time for an end. */
  over(): void {
    const { requests, responses } = this.#conversation
    this.#due = true
    requests.due = true
    responses.due = true
    this.#conversation.schedule()
  }

  /** Also a client that has been told may have sent more before it knew. */
  say(): void {
    this.#due = false
    this.#conversation.lastWord.leave(this.ending, false)
  }
}

const PERSISTENCE: ReadonlySet<string> = new Set(['', 'close', 'keep-alive'])

/** The fields of a response behind which the connection closes (RFC 9112, section 9.6); what else they say of the connection stays. */
export function lastHeaders(headers: HeaderList): HeaderList {
  const others = (headerOf({ headers }, 'connection') ?? '')
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !PERSISTENCE.has(option.toLowerCase()))
  return withHeader(withoutHeader(headers, 'keep-alive'), 'Connection', [...others, 'close'].join(', '))
}
