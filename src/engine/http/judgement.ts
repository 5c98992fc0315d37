import { defined } from '../../core/defined.ts'
import type { Answer, BodyChange, ExchangeContext, RequestVerdict, ResponseVerdict } from '../../core/exchange.ts'
import type { RequestHead, ResponseHead } from '../../core/http.ts'
import type { AbortHow } from '../../core/outlet.ts'
import type { FaultFactory } from '../../core/fault-factory.ts'
import type { Ending } from '../../core/words.ts'
import type { Chosen } from './exchange.ts'

/** What becomes of one message, all faults taken together. */
export interface Judgement<Head> {
  readonly head: Head
  /** The head is not the one that came. */
  readonly changed: boolean
  /** Milliseconds from when the head came until the message goes on. */
  readonly wait: number
  readonly bodies: readonly BodyChange[]
  readonly answer: { readonly answer: Answer; readonly ending: Ending; readonly forward: boolean } | undefined
  readonly end: { readonly how: AbortHow; readonly ending: Ending } | undefined
}

export function unchanged<Head>(head: Head): Judgement<Head> {
  return { head, changed: false, wait: 0, bodies: [], answer: undefined, end: undefined }
}

/** Makes the context of a fault for an exchange: a new generator each time, so that who is asked again draws the same. */
export type ContextOf = (chosen: Chosen, phase: 'request' | 'response') => ExchangeContext

export function judgeRequest(
  factory: FaultFactory,
  chosen: readonly Chosen[],
  contextOf: ContextOf,
  start: Judgement<RequestHead>,
): Judgement<RequestHead> {
  let judgement = start
  for (const one of chosen) {
    const context = contextOf(one, 'request')
    const verdict = factory.request(one.plan, context, judgement.head)
    if (verdict === undefined || isStopped(one, verdict)) continue
    count(one, context, verdict)
    judgement = combine(judgement, verdict, context.ending, verdict.forward === 'before_answer')
  }
  return judgement
}

export function judgeResponse(
  factory: FaultFactory,
  chosen: readonly Chosen[],
  contextOf: ContextOf,
  start: Judgement<ResponseHead>,
  request: RequestHead,
): Judgement<ResponseHead> {
  let judgement = start
  for (const one of chosen) {
    const context = contextOf(one, 'response')
    const verdict = factory.response(one.plan, context, judgement.head, request)
    if (verdict === undefined || isStopped(one, verdict)) continue
    count(one, context, verdict)
    judgement = combine(judgement, verdict, context.ending, true)
  }
  return judgement
}

/** A limit has disarmed the fault, perhaps because of this. */
function isStopped({ work }: Chosen, { wait = 0 }: RequestVerdict | ResponseVerdict): boolean {
  return work.off || work.isTooLong(wait)
}

/** `forward`: an answer comes when the upstream has done its work. */
export function combine<Head>(
  before: Judgement<Head>,
  verdict: Omit<RequestVerdict | ResponseVerdict, 'head'> & { readonly head?: Head },
  ending: Ending,
  forward: boolean,
): Judgement<Head> {
  const { wait = 0, head, body, answer, end } = verdict
  return {
    head: head ?? before.head,
    changed: before.changed || head !== undefined,
    wait: before.wait + wait,
    bodies: body === undefined ? before.bodies : [...before.bodies, body],
    answer: before.answer ?? (answer === undefined ? undefined : { answer, ending, forward }),
    end: before.end ?? (end === undefined ? undefined : { how: end, ending }),
  }
}

/** Once for each exchange that it acts on, however often and wherever it is asked. */
function count(one: Chosen, context: ExchangeContext, verdict: RequestVerdict | ResponseVerdict): void {
  if (one.acted) return
  one.acted = true
  one.named = true
  one.work.counters.applied++
  const { wait, answer } = verdict
  const detail = { ...defined({ wait, status: answer?.status }), ...verdict.detail }
  context.record(context.at, verdict.what ?? wordFor(verdict), detail)
}

function wordFor({ end, answer, body, head }: RequestVerdict | ResponseVerdict): string {
  if (end !== undefined) return end
  if (answer !== undefined) return 'answer'
  if (body !== undefined) return 'body'
  return head === undefined ? 'delay' : 'head'
}
