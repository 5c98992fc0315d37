import type { RequestHead, ResponseHead } from '../../core/http.ts'
import type { MessageFacts } from '../../core/fault-factory.ts'
import { requestBytes, responseBytes } from '../../protocols/http1/write.ts'
import type { Relay } from '../relay.ts'
import { BodyChain, type StageContextOf } from './body-chain.ts'
import { BodyWriter, PlainBody, StagedBody, type BodySink } from './body-sink.ts'
import type { Chosen } from './exchange.ts'
import { GatheredBody, type HeadChange } from './gathered-body.ts'
import { unchanged, type Judgement } from './judgement.ts'

/** A message that does not simply go on: its head is kept until it may, and its body has to go somewhere. */
export class Message<Head extends RequestHead | ResponseHead> {
  /** As it was read. */
  readonly raw: Buffer
  readonly came: Head
  /** When its head came in, monotonic milliseconds. */
  readonly at: number
  judgement: Judgement<Head>
  /** It goes on, or whatever is done instead has been done. */
  opened = false
  sink: BodySink | undefined
  chain: BodyChain | undefined
  writer: BodyWriter | undefined

  constructor(raw: Buffer, came: Head, at: number) {
    this.raw = raw
    this.came = came
    this.at = at
    this.judgement = unchanged(came)
  }

  get openAt(): number {
    return this.at + this.judgement.wait
  }

  /** Stages of its body have not let all of it go yet. */
  get undelivered(): boolean {
    return this.chain !== undefined && (this.writer?.ended !== true || !this.chain.delivered)
  }

  /** What the stages of its body answer to when a fault is gone, or time has passed. */
  close(): void {
    this.chain?.close()
    this.chain = undefined
  }
}

/** What it takes to let a message go on. */
export interface Opening<Head> {
  readonly relay: Relay
  readonly chosen: readonly Chosen[]
  readonly contextOf: StageContextOf
  /** The last word on the head, when all that works on the message is known. */
  readonly finish: (head: Head) => Head
  readonly factsOf: (head: Head, length: number | undefined) => MessageFacts
  /** The body has ended, and it is not what its head has announced. */
  readonly spoilt: (at: number) => void
  /** So many bytes of it go on. */
  readonly wrote: (bytes: number) => void
}

/** Writes the head, now or when the body has been gathered, and sets where the body goes. To be called within `act` of the relay. */
export function openMessage<Head extends RequestHead | ResponseHead>(
  message: Message<Head>,
  opening: Opening<Head>,
  now: number,
): void {
  message.opened = true
  const { judgement, came } = message
  if (judgement.bodies.length > 0 && came.bodyKind !== 'none') {
    message.sink = new GatheredBody(judgement.bodies, (change, at) => writeHead(message, opening, change, at))
    return
  }
  const sink = writeHead(message, opening, undefined, now)
  // Bytes that go on as they are need nobody to look at them.
  message.sink = sink instanceof PlainBody ? undefined : sink
}

function writeHead<Head extends RequestHead | ResponseHead>(
  message: Message<Head>,
  { relay, chosen, contextOf, finish, factsOf, spoilt, wrote }: Opening<Head>,
  change: HeadChange | undefined,
  now: number,
): BodySink {
  const { judgement, raw, came } = message
  const pass = (bytes: Buffer, at: number): number => {
    wrote(bytes.length)
    return relay.pass(bytes, at)
  }
  const wanted =
    change === undefined ? judgement.head : { ...judgement.head, headers: change.headers(judgement.head.headers) }
  const kind = change === undefined ? came.bodyKind : 'length'
  const length = change === undefined ? (kind === 'length' ? came.bodyLength : undefined) : change.length
  const wrong = change?.wrong === true
  const writer = new BodyWriter(relay, pass, { kind, length: length ?? 0, wrong }, spoilt)
  // Before the head is written: that may have to tell of those that work on the body.
  const chain =
    kind === 'none' || length === 0
      ? undefined
      : BodyChain.make(relay, chosen, factsOf(wanted, length), contextOf, writer)
  const head = finish(wanted)
  pass(head === came ? raw : bytesOf(head), now)
  if (chain === undefined) return new PlainBody(pass, wrong ? spoilt : undefined)
  message.chain = chain
  message.writer = writer
  chain.open(now)
  return new StagedBody(relay, chain, writer)
}

function bytesOf(head: RequestHead | ResponseHead): Buffer {
  return 'status' in head ? responseBytes(head) : requestBytes(head)
}
