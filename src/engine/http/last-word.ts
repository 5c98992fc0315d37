import type { Answer } from '../../core/exchange.ts'
import type { AbortHow } from '../../core/outlet.ts'
import type { Ending } from '../../core/words.ts'
import type { Scheduled } from '../scheduler.ts'
import { answerBytes, ownAnswer } from './answers.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange.ts'

/**
 * A connection that is closed while its peer still sends is reset by the kernel, and the peer may lose what it was told last (RFC 9112, section
 * 9.6). So what a client goes on sending is read and dropped: until it ends its side, is silent for this time, or has had the whole of the other.
 */
const SILENT_MS = 1000
const LONGEST_MS = 30_000

/** What a client hears in the place of the upstream's response, and how its connection ends with it. */
export class LastWord implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly #conversation: Conversation
  /** Set once the last word has been said, and the client goes on. */
  #ending: Ending | undefined
  #until = Infinity

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  /** Nothing that comes from now on is looked at. */
  get said(): boolean {
    return this.#ending !== undefined
  }

  /** What a fault answers. */
  answer(exchange: Exchange, answer: Answer, ending: Ending, now: number): void {
    const { down } = this.#conversation
    exchange.status = answer.status
    exchange.origin = 'injected'
    exchange.answered = true
    // Whether a client that waits for a `100 (Continue)` sends its body then is its own choice: the next request could not be told from that.
    const last = exchange.closes || (exchange.expects && !exchange.requestOver)
    const { farewell } = this.#conversation
    const bytes = this.#bytes(exchange, this.#conversation.told(exchange, answer), last || farewell !== undefined)
    exchange.responseBytes += bytes.length
    down.act(() => down.pass(bytes, now))
    exchange.responseOver = true
    if (last) this.#close(ending, now)
    else if (farewell !== undefined) this.#close(farewell.ending, now)
  }

  /**
   * No exchange is under way, and none is to come.
   *
   * @param idle the client has all that it has asked for, and nothing to lose.
   */
  leave(ending: Ending, idle: boolean): void {
    this.#close(ending, this.#conversation.host.shared.clock.now(), idle)
  }

  /** A fault ends the session, in order behind what has been answered before. */
  end(how: AbortHow, ending: Ending): void {
    const { down } = this.#conversation
    this.#conversation.spoilt = true
    down.act((now) => down.passAbort(now, how, ending))
  }

  /** A message that cannot be taken. */
  refuse(status: number, text: string, rule: string, ending: Ending): void {
    const { exchange } = this.#conversation
    if (exchange !== undefined) exchange.outcome = rule
    this.own(status, text, ending)
  }

  /** The proxy's own word, if nothing has been said yet, and the end of the session. */
  own(status: number, text: string, ending: Ending): void {
    const conversation = this.#conversation
    const { exchange, down } = conversation
    const now = conversation.host.shared.clock.now()
    if (exchange === undefined) return this.#close(ending, now)
    exchange.origin = ending.origin
    if (exchange.outcome === 'answered') exchange.outcome = ending.reason
    if (exchange.status === 0) {
      exchange.status = status
      const bytes = this.#bytes(exchange, ownAnswer(status, text), true)
      exchange.responseBytes += bytes.length
      down.act(() => down.pass(bytes, now))
      return this.#close(ending, now)
    }
    // In the middle of a response: there is no other way to say that it is not whole.
    conversation.spoilt = true
    conversation.responses.close()
    conversation.finish(exchange, now)
    down.act(() => down.passAbort(now, 'destroy', ending))
  }

  #bytes({ method, minor }: Exchange, answer: Answer, last: boolean): Buffer {
    return answerBytes(answer, { method, minor, last, wall: Date.now() })
  }

  /** Both connections end, once the client has heard it. */
  #close(ending: Ending, now: number, idle = false): void {
    const conversation = this.#conversation
    const { down, requests, responses, exchange } = conversation
    const isWhole = exchange !== undefined && conversation.requestFlow.isWhole(exchange)
    const over = idle || requests.hasEnded || (isWhole && !requests.holds)
    conversation.spoilt = true
    conversation.leaves = false
    responses.close()
    requests.dropRest()
    if (exchange !== undefined) conversation.finish(exchange, now)
    if (over) {
      down.act(() => down.passAbort(now, 'destroy', ending))
      return
    }
    this.#ending = ending
    this.#until = now + LONGEST_MS
    this.goesOn(now)
    if (!responses.endTold) down.act(() => down.passEnd(now))
    // What the client had to say before is read on.
    conversation.up.act(() => requests.advance())
  }

  /** The client has sent something more. */
  goesOn(now: number): void {
    if (this.#ending === undefined) return
    this.#conversation.host.shared.scheduler.schedule(this, Math.min(this.#until, now + SILENT_MS))
  }

  /** The client is silent, or has ended its side: it has heard it. */
  heard(): void {
    const { down } = this.#conversation
    const ending = this.#ending
    this.cancel()
    if (ending !== undefined) down.act((now) => down.passAbort(now, 'destroy', ending))
  }

  fire(): void {
    this.heard()
  }

  /** The session is over. */
  cancel(): void {
    this.#conversation.host.shared.scheduler.cancel(this)
    this.#until = Infinity
  }
}
