import type { AskedFor } from '../../core/exchange.ts'
import { plainRequest, withoutHeader, type RequestHead } from '../../core/http.ts'
import type { Ending } from '../../core/words.ts'
import type { Refusal } from '../../protocols/http1/events.ts'
import type { ParsedRequest } from '../../protocols/http1/heads.ts'
import { DROPPED, type BodySink } from './body-sink.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { anyLate } from './exchange-fault.ts'
import { forwardedRequest, rewritesRequests } from './forwarding.ts'
import { combine, judgeRequest, unchanged } from './judgement.ts'
import { Message, openMessage } from './message.ts'
import { ReadRequest } from './read-request.ts'

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
const BROKEN: Ending = { origin: 'proxy', reason: 'bad_request' }

/** The request of the exchange that is under way: what is done with it, and when it goes on. */
export class RequestFlow {
  /** Set unless it simply goes on. */
  message: Message<RequestHead> | undefined
  readonly #conversation: Conversation
  readonly #rewrites: boolean
  /** What the request asks for by its own fields. */
  #asked: AskedFor | { readonly refusal: string } | undefined
  #isTunnel = false
  /** The upstream was asked for; it is told when that is there. */
  #wantsServer = false

  constructor(conversation: Conversation) {
    this.#conversation = conversation
    this.#rewrites = rewritesRequests(conversation.host.http)
  }

  get ready(): boolean {
    const { exchange, spoilt, host } = this.#conversation
    return exchange === undefined && !spoilt && host.isAdmitted
  }

  begins(head: ParsedRequest, now: number): boolean {
    const { host } = this.#conversation
    const { exchangeFaults, http, shared } = host
    const exchange = this.#conversation.begin(head.method, head.target, now)
    exchange.minor = head.minor
    exchange.closes = !head.keepAlive
    exchange.expects = head.expectContinue
    if (exchangeFaults.length > 0) {
      const facts = new ReadRequest(head, host.clientAddress)
      if (anyLate(exchangeFaults)) {
        // Asked again when the status of the response is known.
        head.keep()
        this.#conversation.facts = facts
        exchange.request = head
      }
      exchange.chosen = this.#conversation.selection.choose(exchangeFaults, exchange, facts, undefined)
    }
    if (http.headerFaults === true) this.#asked = shared.factory.asked(head)
    if (exchange.chosen.length > 0 || this.#asked !== undefined || this.#rewrites || !host.serverReady) {
      head.keep()
      exchange.request = head
      return false
    }
    exchange.forwardedAt = now
    this.#conversation.responses.framer.expect(head.method)
    return true
  }

  head(raw: Buffer, now: number): void {
    const { exchange, lastWord } = this.#conversation
    if (exchange?.request === undefined) return
    exchange.request = plainRequest(exchange.request)
    const message = new Message<RequestHead>(raw, exchange.request, exchange.at)
    this.message = message
    if (this.#asked !== undefined) {
      if ('refusal' in this.#asked) return lastWord.refuse(400, this.#asked.refusal, 'bad_header_fault', BROKEN)
      exchange.asked = this.#asked.names
    }
    this.judge()
    this.openIfDue(now)
  }

  get open(): boolean {
    if (this.#isTunnel) return this.#conversation.host.serverReady
    return this.message === undefined || this.message.opened
  }

  get sink(): BodySink | undefined {
    return this.message?.sink
  }

  /** It waits, and may not go on before something changes. */
  get isStalled(): boolean {
    return this.message?.opened === false && this.message.openAt === Infinity
  }

  /** When it is to be looked at by itself; `Infinity` = never. One that waits for the upstream alone is told when that is there. */
  get dueAt(): number {
    const { message } = this
    if (message === undefined || message.opened) return Infinity
    const { openAt } = message
    const { end, answer } = message.judgement
    const goesOn = end === undefined && answer?.forward !== false
    const { serverReady, shared } = this.#conversation.host
    return goesOn && this.#wantsServer && !serverReady && openAt <= shared.clock.now() ? Infinity : openAt
  }

  /** What it has asked for itself. */
  get asked(): AskedFor | undefined {
    return this.#asked !== undefined && 'names' in this.#asked ? this.#asked : undefined
  }

  /** Nothing of it is still to be read. */
  isWhole({ requestOver, request }: Exchange): boolean {
    return requestOver || request?.bodyKind === 'none'
  }

  count(bytes: number): void {
    const { exchange } = this.#conversation
    if (exchange !== undefined) exchange.requestBytes += bytes
  }

  over(now: number): void {
    const { exchange } = this.#conversation
    if (exchange === undefined) return
    exchange.requestOver = true
    this.#conversation.finishIfOver(now)
  }

  refused({ rule, text, status }: Refusal, now: number): void {
    const conversation = this.#conversation
    conversation.host.recorder.refused('client', rule)
    const exchange = conversation.exchange ?? conversation.begin('-', '-', now)
    if (conversation.host.http.lenient === true) return conversation.relayOn(exchange, now)
    conversation.lastWord.refuse(status, text, rule, BROKEN)
  }

  /** From now on bytes are bytes; they go on as soon as there is an upstream. */
  becomeTunnel(): void {
    this.#isTunnel = true
    if (!this.#conversation.host.serverReady) this.#conversation.host.wantServer()
  }

  /** Bytes came that are for nobody. */
  dropped(now: number): void {
    this.#conversation.lastWord.goesOn(now)
  }

  /** All that the client had to say is on its way. */
  finished(how: 'idle' | 'complete' | 'cut', now: number): void {
    const { up, lastWord, host, exchange } = this.#conversation
    if (lastWord.said) return lastWord.heard()
    if (host.serverReady) up.passEnd(now)
    else if (exchange === undefined || how === 'cut') this.#conversation.leave()
    else this.#conversation.leaves = true
  }

  /** What has been inspected is on its way, and somebody has waited for that. */
  passed(): void {
    this.#conversation.settle()
  }

  drained(): void {
    if (this.message?.chain !== undefined) this.#conversation.settle()
  }

  judge(): void {
    const { exchange, host } = this.#conversation
    const { message, asked } = this
    if (exchange === undefined || message === undefined) return
    const wanted = asked?.head ?? message.came
    const head = this.#rewrites ? forwardedRequest(wanted, host) : wanted
    const start = { ...unchanged(head), changed: head !== message.came }
    const judged =
      asked === undefined ? start : combine(start, asked.verdict, this.#conversation.endingOf(asked), false)
    const contextOf = this.#conversation.contextOf(exchange, exchange.at)
    message.judgement = judgeRequest(host.shared.factory, exchange.chosen, contextOf, judged)
  }

  advance(): void {
    const { up, requests } = this.#conversation
    up.act((now) => {
      this.openIfDue(now)
      requests.advance()
    })
  }

  /** Lets it go on, or does what is to be done instead, if its time has come. */
  openIfDue(now: number): void {
    const { exchange, host, lastWord, responses, up } = this.#conversation
    const { message } = this
    if (exchange === undefined || message === undefined || message.opened) return
    const { end, answer, head } = message.judgement
    if (now < message.openAt) return this.#conversation.schedule()
    if (end !== undefined) return lastWord.end(end.how, end.ending)
    if (answer !== undefined && !answer.forward) {
      message.opened = true
      message.sink = DROPPED
      return lastWord.answer(exchange, answer.answer, answer.ending, now)
    }
    if (!host.serverReady) {
      this.#wantsServer = true
      return host.wantServer()
    }
    exchange.forwardedAt = now
    responses.framer.expect(head.method)
    const continues = message.judgement.bodies.length > 0 && exchange.expects
    if (continues) this.#continue(exchange, now)
    const opening = this.#conversation.opening(exchange, up, {
      finish: (wanted: RequestHead) =>
        continues ? { ...wanted, headers: withoutHeader(wanted.headers, 'expect') } : wanted,
      factsOf: (request: RequestHead, length) => ({ request, length }),
      wrote: () => undefined,
    })
    openMessage(message, opening, now)
  }

  /** The body has to come before the head goes on: the upstream cannot ask for it. */
  #continue(exchange: Exchange, now: number): void {
    const { down } = this.#conversation
    exchange.expects = false
    exchange.responseBytes += CONTINUE.length
    down.act(() => down.pass(CONTINUE, now))
  }

  /** The exchange is over. */
  close(): void {
    this.message?.close()
    this.message = undefined
    this.#asked = undefined
  }
}
