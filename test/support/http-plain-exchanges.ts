import type { ExchangeMatch } from '../../src/core/plan.ts'
import { Conversation, type ConversationHost } from '../../src/engine/http/conversation.ts'
import { ExchangeCounters } from '../../src/engine/http/exchange-counters.ts'
import { exchangeFaultsOf } from '../../src/engine/http/exchange-fault.ts'
import { ExchangeLog } from '../../src/engine/http/exchange-log.ts'
import { Relay, type Intake } from '../../src/engine/relay.ts'
import { faultFactory } from '../../src/faults/index.ts'
import { fault } from './engine-rig-faults.ts'
import { RelayRig } from './engine-rig-relay.ts'

/** A relay whose intake can be asked by itself, so that what is measured is HTTP alone. */
class WatchedRelay extends Relay {
  intake: Intake | undefined

  override setIntake(intake: Intake): void {
    this.intake = intake
    super.setIntake(intake)
  }
}

/** The conversation of one session without sockets: bytes are given to its two sides as a relay would. */
export class PlainExchanges {
  readonly counters = new ExchangeCounters()
  readonly log = new ExchangeLog(100)
  readonly conversation: Conversation
  readonly #up: WatchedRelay
  readonly #down: WatchedRelay

  /** @param matches for each a fault that answers 503 to what it matches. */
  constructor(matches: readonly ExchangeMatch[] = []) {
    const rig = new RelayRig()
    const { shared, selection, faultSet } = rig
    faultSet.update(
      matches.map((match, at) => fault('http_error', { status: 503 }, { name: `f${at}`, match, per: 'exchange' })),
      0,
    )
    const host: ConversationHost = {
      ...selection.place,
      shared,
      upstream: '127.0.0.1:80',
      http: {},
      secure: false,
      exchangeFaults: exchangeFaultsOf(faultSet.now, faultFactory),
      recorder: this.counters.recorder(this.log, 'api'),
      isAdmitted: true,
      serverReady: true,
      wantServer: () => undefined,
      selectionMade: () => selection,
      refeed: () => undefined,
      drop: () => undefined,
    }
    this.#up = new WatchedRelay('upstream', shared, rig, { received: 0, sent: 0 })
    this.#down = new WatchedRelay('downstream', shared, rig, { received: 0, sent: 0 })
    this.conversation = new Conversation(host, { upstream: this.#up, downstream: this.#down })
  }

  /** Answers how many of the bytes simply go on. */
  request(bytes: Buffer): number {
    return given(this.#up, bytes)
  }

  response(bytes: Buffer): number {
    return given(this.#down, bytes)
  }
}

function given({ intake }: WatchedRelay, bytes: Buffer): number {
  if (intake === undefined) return 0
  const plain = intake.inspect(bytes)
  if (intake.due) intake.passed()
  return plain
}
