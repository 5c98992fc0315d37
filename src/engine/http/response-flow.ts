import { plainRequest, plainResponse, type ResponseHead } from '../../core/http.ts'
import type { Ending } from '../../core/words.ts'
import type { Refusal } from '../../protocols/http1/events.ts'
import type { ParsedResponse } from '../../protocols/http1/heads.ts'
import { responseBytes } from '../../protocols/http1/write.ts'
import { DROPPED, type BodySink } from './body-sink.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { anyLate } from './exchange-fault.ts'
import { combine, judgeResponse, unchanged } from './judgement.ts'
import { Message, openMessage } from './message.ts'
import type { Failure } from './side.ts'

const CLOSED: Ending = { origin: 'upstream', reason: 'closed' }

/** The response of the exchange that is under way: what is done with it, and when it goes on. */
export class ResponseFlow {
  /** Set unless it simply goes on. */
  message: Message<ResponseHead> | undefined
  readonly #conversation: Conversation

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  begins(head: ParsedResponse, interim: boolean, now: number): boolean {
    const { exchange, requestFlow } = this.#conversation
    if (exchange === undefined) return false
    // Also where its answer is dropped: a client that waits for a `100 (Continue)` would not send its body.
    if (interim) {
      if (head.status === 100) exchange.expects = false
      return true
    }
    exchange.upstreamStatus = head.status
    exchange.responseAt = now
    if (!head.keepAlive) exchange.closes = true
    this.#chooseLate(exchange, head.status)
    if (exchange.chosen.length > 0 || requestFlow.asked !== undefined) {
      head.keep()
      exchange.response = head
      return false
    }
    exchange.status = head.status
    if (isTunnel(exchange, head.status)) {
      exchange.responseBytes += head.rawLength
      this.#conversation.becomeTunnel(now)
      return true
    }
    if (this.#conversation.farewell?.concerns(exchange) !== true) return true
    head.keep()
    exchange.response = head
    return false
  }

  head(raw: Buffer, now: number): void {
    const { exchange, farewell, requestFlow } = this.#conversation
    if (exchange?.response === undefined) return
    const came = plainResponse(exchange.response)
    const isPlain = exchange.chosen.length === 0 && requestFlow.asked === undefined
    if (isPlain && farewell !== undefined) return this.#passLast(exchange, farewell.head(exchange, came), now)
    const message = new Message<ResponseHead>(raw, came, now)
    this.message = message
    const late = requestFlow.message?.judgement.answer
    if (late !== undefined) {
      // The upstream has done its work; what it says is not to be heard.
      message.opened = true
      message.sink = DROPPED
      if (exchange.status === 0) this.#answer(exchange, late, now)
      return
    }
    this.judge()
    this.openIfDue(now)
  }

  /** Of all of it, the head alone does not go on as it came. */
  #passLast(exchange: Exchange, head: ResponseHead, now: number): void {
    const bytes = responseBytes(head)
    exchange.responseBytes += bytes.length
    this.#conversation.down.pass(bytes, now)
  }

  get open(): boolean {
    return this.message === undefined || this.message.opened
  }

  get sink(): BodySink | undefined {
    return this.message?.sink
  }

  /** It waits, and may not go on before something changes. */
  get isStalled(): boolean {
    return this.message?.opened === false && this.message.openAt === Infinity
  }

  count(bytes: number): void {
    const { exchange } = this.#conversation
    if (exchange !== undefined) exchange.responseBytes += bytes
  }

  over(now: number): void {
    const { exchange, farewell, requests, responses } = this.#conversation
    if (exchange === undefined) return
    exchange.responseOver = true
    this.#conversation.finishIfOver(now)
    // Never here: what has just been inspected is not on its way yet.
    const more = requests.holds || requests.hasEnded || farewell?.due === true
    responses.due = this.#conversation.exchange === undefined && more
  }

  refused({ rule, text }: Refusal, now: number): void {
    const { host, exchange, lastWord } = this.#conversation
    host.recorder.refused('upstream', rule)
    if (host.http.lenient === true) return this.#conversation.relayOn(exchange, now)
    const sentence = `the response of the upstream cannot be passed on: ${text}`
    lastWord.refuse(502, sentence, rule, { origin: 'proxy', reason: 'bad_response' })
  }

  /** All that the upstream had to say is on its way. */
  finished(how: 'idle' | 'complete' | 'cut', now: number, failure: Failure | undefined): void {
    const { exchange, down } = this.#conversation
    if (exchange !== undefined && how === 'complete') {
      this.sink?.end(now)
      this.over(now)
    }
    this.#conversation.serverLeft(failure?.ending ?? CLOSED, now)
    if (failure === undefined) down.passEnd(now)
    else down.passAbort(now, failure.how, failure.ending)
  }

  settle(): void {
    this.#conversation.settle()
  }

  #chooseLate(exchange: Exchange, status: number): void {
    const { facts } = this.#conversation
    if (facts === undefined) return
    const { exchangeFaults } = this.#conversation.host
    if (!anyLate(exchangeFaults)) return
    const late = this.#conversation.selection.choose(exchangeFaults, exchange, facts, status)
    if (late.length === 0) return
    const order = exchangeFaults.map(({ now }) => now.work)
    exchange.chosen = [...exchange.chosen, ...late].sort((a, b) => order.indexOf(a.work) - order.indexOf(b.work))
    // The request may have gone on as it was, as nobody had to do with it.
    if (exchange.request !== undefined) exchange.request = plainRequest(exchange.request)
  }

  judge(): void {
    const { exchange, host, requestFlow } = this.#conversation
    const { message } = this
    if (exchange?.request === undefined || message === undefined) return
    const { asked } = requestFlow
    const came = unchanged(message.came)
    const start =
      asked?.responseVerdict === undefined
        ? came
        : combine(came, asked.responseVerdict, this.#conversation.endingOf(asked), true)
    const contextOf = this.#conversation.contextOf(exchange, message.at)
    message.judgement = judgeResponse(host.shared.factory, exchange.chosen, contextOf, start, exchange.request)
  }

  advance(): void {
    const { down, responses } = this.#conversation
    down.act((now) => {
      this.openIfDue(now)
      responses.advance()
    })
    this.settle()
  }

  /** Lets it go on, or does what is to be done instead, if its time has come. */
  openIfDue(now: number): void {
    const { exchange, lastWord, down } = this.#conversation
    const { message } = this
    if (exchange?.request === undefined || message === undefined || message.opened) return
    const { end, answer } = message.judgement
    if (now < message.openAt) return this.#conversation.schedule()
    if (end !== undefined) return lastWord.end(end.how, end.ending)
    if (answer !== undefined) {
      message.opened = true
      message.sink = DROPPED
      return this.#answer(exchange, answer, now)
    }
    const { request } = exchange
    const opening = this.#conversation.opening(exchange, down, {
      finish: (response: ResponseHead) => {
        // Not before: a body that is gathered may never be whole, and then nothing has been said.
        exchange.status = response.status
        const told = this.#conversation.told(exchange, response)
        return isTunnel(exchange, message.came.status)
          ? told
          : (this.#conversation.farewell?.head(exchange, told) ?? told)
      },
      factsOf: (response: ResponseHead, length) => ({ request, response, length }),
      wrote: (bytes) => (exchange.responseBytes += bytes),
    })
    openMessage(message, opening, now)
    if (isTunnel(exchange, message.came.status)) this.#conversation.becomeTunnel(now)
  }

  /** In the place of the upstream's, which is read to its end: only then the exchange is over. */
  #answer(exchange: Exchange, { answer, ending }: NonNullable<Judged['answer']>, now: number): void {
    this.#conversation.lastWord.answer(exchange, answer, ending, now)
    if (this.#conversation.exchange === exchange) exchange.responseOver = false
  }

  /** The exchange is over. */
  close(): void {
    this.message?.close()
    this.message = undefined
  }
}

type Judged = Message<ResponseHead>['judgement']

/** The bytes behind the head are none of HTTP (RFC 9110, sections 7.8 and 9.3.6). */
function isTunnel({ method }: Exchange, status: number): boolean {
  return status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)
}
