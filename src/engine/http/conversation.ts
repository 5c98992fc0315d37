import type { AskedFor } from '../../core/exchange.ts'
import { RequestFacts } from '../../core/exchange-match.ts'
import type { RequestHead, ResponseHead } from '../../core/http.ts'
import type { Direction, Ending } from '../../core/words.ts'
import type { Relay } from '../relay.ts'
import { differInProbabilityAlone } from '../fault-at-work.ts'
import type { Scheduled } from '../scheduler.ts'
import type { ConversationHost } from './conversation-host.ts'
import { Exchange, type Chosen } from './exchange.ts'
import { ExchangeSelection } from './exchange-selection.ts'
import { Farewell } from './farewell.ts'
import { FaultContexts } from './fault-contexts.ts'
import type { ContextOf } from './judgement.ts'
import { LastWord } from './last-word.ts'
import type { Message, Opening } from './message.ts'
import { RequestFlow } from './request-flow.ts'
import { RequestSide } from './request-side.ts'
import { ResponseFlow } from './response-flow.ts'
import { ResponseSide } from './response-side.ts'

export type { ConversationHost } from './conversation-host.ts'

/** A client that has ended its side while its exchange waits for what may never come is given up after this time. */
const LEFT_AFTER_MS = 60_000

const LEFT: Ending = { origin: 'client', reason: 'closed' }

/**
 * The HTTP of one session: one exchange after the other, each request to the same upstream connection as the one before.
 *
 *     request head → faults choose → wait → (answer instead | end | upstream connected → on) → response head → faults → wait → on → over
 *
 * An exchange that no fault has to do with costs the reading of its two heads: its bytes go on as they were read. The others pass through
 * `Message`s. The next request is looked at when the exchange before it is over; what a client sends ahead waits, and its client with it.
 *
 * What is done with a request is in `RequestFlow`, with a response in `ResponseFlow`, and what ends a connection in `LastWord`; here is what they
 * share, and what the session tells.
 */
export class Conversation implements Scheduled {
  dueAt = 0
  heapIndex = -1
  readonly host: ConversationHost
  readonly up: Relay
  readonly down: Relay
  readonly requests: RequestSide
  readonly responses: ResponseSide
  readonly requestFlow: RequestFlow
  readonly lastWord: LastWord
  exchange: Exchange | undefined
  /** Of the request, where the status of its response is waited for to decide on it. */
  facts: RequestFacts | undefined
  /** No request that comes now belongs to an exchange: a body was not delivered whole, or the session is about to end. */
  spoilt = false
  /** The client has nothing more to say, and no upstream was ever asked: it leaves with its exchange. */
  leaves = false
  /** The proxy stops: no exchange begins any more. */
  farewell: Farewell | undefined
  readonly #responseFlow: ResponseFlow
  /** Made with the first fault on exchanges that the session meets: most meet none. */
  #selection: ExchangeSelection | undefined
  #contexts: FaultContexts | undefined
  #count = 0
  /** One that is over and that nobody holds. */
  #spare: Exchange | undefined
  #giveUpAt = Infinity
  #serverLeft = false
  /** `spoilt` by nothing but that one of the peers has said that it is done; the other is waited for. */
  #noMore = false
  #isTunnel = false

  constructor(host: ConversationHost, relays: Readonly<Record<Direction, Relay>>) {
    this.host = host
    this.up = relays.upstream
    this.down = relays.downstream
    this.requestFlow = new RequestFlow(this)
    this.#responseFlow = new ResponseFlow(this)
    this.lastWord = new LastWord(this)
    this.requests = new RequestSide(this.requestFlow, this.up, host.http)
    this.responses = new ResponseSide(this.#responseFlow, this.down, host.http)
    this.up.setIntake(this.requests)
    this.down.setIntake(this.responses)
  }

  // What the session tells.

  /** What came while the connection had to wait may be looked at. */
  admitted(): void {
    if (this.requests.hasEnded) this.clientEnded()
    this.up.act(() => this.requests.advance())
  }

  /** The client has ended its side, whatever of it waits. */
  clientEnded(): void {
    this.#giveUpAt = this.host.shared.clock.now() + LEFT_AFTER_MS
    this.schedule()
  }

  serverReady(): void {
    this.requestFlow.advance()
  }

  /** The proxy stops. Where nothing is under way the session ends at once; bytes of a tunnel go on, as on a TCP proxy. */
  drain(ending: Ending): void {
    if (this.farewell !== undefined || this.#isTunnel) return
    // It is ended already, and only waits for what goes first.
    if (this.lastWord.said || (this.spoilt && !this.#noMore)) return
    this.farewell = new Farewell(this, ending)
    // A request that has begun to come is one that is under way.
    if (this.exchange === undefined && !this.requests.holds) this.lastWord.leave(ending, this.down.queue.empty)
  }

  /** There is no upstream to answer. */
  dialFailed(ending: Ending, text: string): void {
    // A fault can make connecting take too long, and nothing else.
    const status = ending.reason === 'dial_timeout' || ending.origin === 'injected' ? 504 : 502
    this.lastWord.own(status, `the upstream cannot be reached: ${text}`, ending)
  }

  /** Faults have changed: those that are gone let go of the exchange that is under way, and the others work on with what they are now. */
  faultsChanged(): void {
    const { exchange } = this
    if (exchange === undefined) return
    if (exchange.shadows.length > 0) exchange.shadows = exchange.shadows.filter((one) => this.#stillCounts(one))
    if (exchange.chosen.length === 0) return
    const now = this.host.shared.clock.now()
    exchange.chosen = exchange.chosen.flatMap((one) => this.#asNow(exchange, one))
    const request = this.requestFlow.message
    const response = this.#responseFlow.message
    this.#updateBody('upstream', request, exchange, now)
    this.#updateBody('downstream', response, exchange, now)
    // What may go on now goes in a turn of its own: a change that reaches thousands of exchanges does not make its caller wait for that.
    if (request?.opened === false) this.requestFlow.judge()
    if (response?.opened === false) this.#responseFlow.judge()
    this.settle()
    this.schedule()
  }

  /** Who only counts may be gone, or switched on: then the exchange is none of those that it works on, and takes the place of nobody. */
  #stillCounts(one: Chosen): boolean {
    const fault = this.host.exchangeFaults.find(({ now: { work } }) => work === one.work)
    if (fault?.now.plan.shadow === true) return true
    this.selection.release(one)
    return false
  }

  #asNow(exchange: Exchange, one: Chosen): readonly Chosen[] {
    const fault = this.host.exchangeFaults.find(({ now: { work } }) => work === one.work)
    if (fault === undefined || fault.now.plan.shadow === true) {
      this.selection.release(one)
      this.#contexts?.forget(one.work)
      if (one.named) exchange.gone = [...exchange.gone, one.work.name]
      return []
    }
    if (fault === one.fault || differInProbabilityAlone(fault.now, one.fault.now)) return [one]
    return [{ ...one, fault, plan: fault.outcomes === undefined ? fault.now.plan : one.plan }]
  }

  #updateBody(
    direction: Direction,
    message: Message<RequestHead> | Message<ResponseHead> | undefined,
    exchange: Exchange,
    now: number,
  ): void {
    const chain = message?.chain
    if (chain === undefined) return
    const relay = direction === 'upstream' ? this.up : this.down
    let retimed = false
    relay.act(() => (retimed = chain.update(exchange.chosen, now)))
    if (retimed) chain.refeed((feed) => this.host.refeed(direction, feed))
    // A pipe that was cut, or thin, may not be any more.
    relay.forgetWelcome()
  }

  /** The scheduler: a message may go on, or a client that has left is waited for no more. */
  fire(now: number): void {
    if (this.#giveUpAt <= now && this.#waitsForever) return this.host.drop(LEFT)
    if (this.farewell?.due === true) return this.farewell.say()
    if (this.requestFlow.message?.opened === false) this.requestFlow.advance()
    if (this.#responseFlow.message?.opened === false) this.#responseFlow.advance()
    this.schedule()
  }

  /** The session is over. */
  close(ending: Ending | undefined): void {
    this.host.shared.scheduler.cancel(this)
    this.lastWord.cancel()
    this.requests.close()
    this.responses.close()
    const { exchange } = this
    this.farewell = undefined
    if (exchange === undefined) return
    if (!exchange.answered) {
      exchange.origin = ending?.origin ?? 'proxy'
      exchange.outcome = exchange.status === 0 ? (ending?.reason ?? 'closed') : 'cut'
    }
    this.finish(exchange)
    this.host.shared.scheduler.cancel(this)
  }

  // What its parts share.

  begin(method: string, target: string, now: number): Exchange {
    const exchange = this.#spare ?? new Exchange(this.host.id, this.host.clientAddress)
    this.#spare = undefined
    exchange.begin(++this.#count, method, target, now, Date.now())
    this.exchange = exchange
    this.host.recorder.began()
    return exchange
  }

  get selection(): ExchangeSelection {
    return (this.#selection ??= new ExchangeSelection(this.host.selectionMade()))
  }

  /** What faults on exchanges are given about them. */
  get #given(): FaultContexts {
    return (this.#contexts ??= new FaultContexts(
      this.host,
      new RequestFacts(NO_REQUEST, this.host.clientAddress).client,
    ))
  }

  /** @param at when the head of the response came in. */
  contextOf(exchange: Exchange, at: number): ContextOf {
    return (chosen, phase) => this.#given.ofExchange(chosen, exchange, phase, phase === 'request' ? exchange.at : at)
  }

  endingOf({ names }: AskedFor): Ending {
    return { origin: 'injected', reason: names[0] ?? 'asked' }
  }

  opening<Head>(
    exchange: Exchange,
    relay: Relay,
    more: Pick<Opening<Head>, 'finish' | 'factsOf' | 'wrote'>,
  ): Opening<Head> {
    return {
      relay,
      chosen: exchange.chosen,
      contextOf: (chosen, direction, facts) => this.#given.ofStage(chosen, exchange, direction, facts),
      spoilt: (at) => this.#spoil(exchange, relay, at),
      ...more,
    }
  }

  /** With a field that says which faults have worked on it, where that is wanted. */
  told<Head extends Pick<ResponseHead, 'headers'>>(exchange: Exchange, head: Head): Head {
    if (this.host.http.tell !== true) return head
    const { faults } = exchange
    if (faults.length === 0) return head
    const value = faults.map((name) => encodeURIComponent(name)).join(', ')
    return { ...head, headers: [...head.headers, ['X-Foulweather', value]] }
  }

  /** A body is not what its head says: what comes behind it would be taken for a part of it, or the reverse. Nothing more may come. */
  #spoil(exchange: Exchange, relay: Relay, at: number): void {
    exchange.outcome = 'cut'
    this.spoilt = true
    relay.passAbort(at, 'destroy', { origin: 'injected', reason: exchange.faults[0] ?? 'cut' })
  }

  /** The exchange is over with the heads that it has had; what follows is none of HTTP. */
  becomeTunnel(now: number): void {
    this.requests.becomeTunnel()
    this.responses.becomeTunnel()
    this.requestFlow.becomeTunnel()
    this.#isTunnel = true
    if (this.exchange !== undefined) this.finish(this.exchange, now)
    this.responses.due = this.requests.holds || this.requests.hasEnded
  }

  /** What was refused is passed on all the same, and so is all that follows. */
  relayOn(exchange: Exchange | undefined, now: number): void {
    if (exchange !== undefined) exchange.outcome = 'relayed'
    this.becomeTunnel(now)
  }

  /** The upstream has ended its side: no response comes any more. */
  serverLeft({ origin, reason }: Ending, now: number): void {
    if (this.#isTunnel) return
    this.#serverLeft = true
    const { exchange } = this
    if (exchange === undefined) return this.#noMoreRequests()
    if (exchange.responseOver) return
    if (!exchange.answered) {
      exchange.origin = origin
      exchange.outcome = exchange.status === 0 ? reason : 'cut'
    }
    if (exchange.number === 1 && exchange.upstreamStatus === 0 && origin === 'upstream') this.#tellSilence()
    this.finish(exchange, now)
  }

  /** Many servers that expect TLS close when they are asked in plain HTTP, and nothing else tells a person what is wrong. */
  #tellSilence(): void {
    const { shared, proxy, id, upstream } = this.host
    shared.events.emit('no-answer', { proxy, session: id, upstream })
  }

  /** The client is done, and there is no upstream that would have to be told. */
  leave(): void {
    this.down.act((now) => this.down.passAbort(now, 'destroy', LEFT))
  }

  /** What was passed on may be the last of its exchange; another request may wait for that. */
  settle(): void {
    this.finishIfOver(this.host.shared.clock.now())
    if (this.farewell?.due === true) return this.farewell.say()
    if (this.exchange !== undefined || this.requests.advancing) return
    if (this.requests.holds || this.requests.hasEnded) this.up.act(() => this.requests.advance())
  }

  finishIfOver(now: number): void {
    const { exchange } = this
    if (exchange === undefined || !(exchange.over || this.farewell?.waitsInVain(exchange) === true)) return
    // Faults on it go on to work on what of it waits.
    if (this.#responseFlow.message?.undelivered === true || this.requestFlow.message?.undelivered === true) return
    this.finish(exchange, now)
  }

  finish(exchange: Exchange, now = this.host.shared.clock.now()): void {
    const endsAnyhow = this.spoilt || this.#isTunnel
    this.exchange = undefined
    this.facts = undefined
    // What works on a message, or on its body, may hold the exchange for longer than that lasts.
    const isPlain = this.requestFlow.message === undefined && this.#responseFlow.message === undefined
    this.requestFlow.close()
    this.#responseFlow.close()
    for (const one of exchange.chosen) this.selection.release(one)
    for (const one of exchange.shadows) this.selection.release(one)
    exchange.endedAt = now
    this.host.recorder.ended(exchange)
    // Who has said that it closes, or has left, gets no further request.
    if (!this.#isTunnel && (exchange.closes || this.#serverLeft || this.farewell !== undefined)) this.#noMoreRequests()
    if (this.leaves && !this.host.serverReady) this.leave()
    else if (!endsAnyhow) this.farewell?.over()
    if (isPlain && this.exchange !== exchange) this.#spare = exchange
  }

  #noMoreRequests(): void {
    this.#noMore ||= !this.spoilt
    this.spoilt = true
    this.requests.dropRest()
    if (this.requests.advancing || !(this.requests.isFull || this.requests.hasEnded)) return
    this.up.act(() => this.requests.advance())
  }

  get #waitsForever(): boolean {
    return this.requestFlow.isStalled || this.#responseFlow.isStalled
  }

  schedule(): void {
    const response = this.#responseFlow.message
    const responseAt = response?.opened === false ? response.openAt : Infinity
    const giveUp = this.#waitsForever ? this.#giveUpAt : Infinity
    const farewellAt = this.farewell?.due === true ? this.host.shared.clock.now() : Infinity
    this.host.shared.scheduler.schedule(this, Math.min(this.requestFlow.dueAt, responseAt, giveUp, farewellAt))
  }
}

const NO_REQUEST: RequestHead = { method: '', target: '', minor: 1, headers: [], bodyKind: 'none', bodyLength: 0 }
