import { isDeepStrictEqual } from 'node:util'
import type { SeenMessage } from './http-message.ts'
import type { HttpRun } from './run-http.ts'
import { time } from './transcript.ts'

/** Something that one side does or sees; of several lines where it is a message. */
interface Step {
  readonly at: number
  readonly who: string
  readonly lines: readonly string[]
}

/** Longer bodies are told of by their length. */
const SHOWN_BODY = 100

/** A body that comes in more pieces than this is told of by its last one. */
const SHOWN_PIECES = 3

/** Exchanges as text: what the client sends, what reaches the upstream, what the client gets. Times are from when the client sends. */
export function httpTranscript(runs: readonly HttpRun[]): string {
  const exchanges = shortenedByBefore(runs.map(stepsOf))
  const isTimed = exchanges.some((steps) => steps.some(({ at }) => Math.round(at) > 0))
  const texts = exchanges.map((steps) => steps.map((step) => stepText(step, isTimed)).join('\n'))
  return folded(texts).join('\n\n')
}

/** Messages that are those of the exchange before are not shown again. */
function shortenedByBefore(exchanges: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
  return exchanges.map((steps, index) =>
    steps.map((step) => {
      const before = exchanges[index - 1]?.find(({ who }) => who === step.who)
      const isSame = step.lines.length > 1 && before !== undefined && isDeepStrictEqual(step.lines, before.lines)
      return isSame ? { ...step, lines: ['as before'] } : step
    }),
  )
}

/** Exchanges that look like the one before them in every way are counted. */
function folded(texts: readonly string[]): readonly string[] {
  const groups: { readonly text: string; times: number }[] = []
  for (const text of texts) {
    const last = groups.at(-1)
    if (last?.text === text) last.times++
    else groups.push({ text, times: 1 })
  }
  return groups.map(({ text, times }) => (times === 1 ? text : `${text}\n(${times} times)`))
}

function stepsOf(run: HttpRun): readonly Step[] {
  const { request, startedAt, wall: now, sentRequest, upstreamGot, sentResponse, clientGot } = run
  const upstreamSees =
    upstreamGot === undefined ? ['nothing'] : shortened(textOf(upstreamGot), sentRequest, upstreamGot.body, now)
  const steps: Step[] = [
    { at: 0, who: 'client sends', lines: [...fromLine(request.from), ...messageLines(sentRequest, now)] },
    { at: (upstreamGot?.headAt ?? startedAt) - startedAt, who: 'upstream gets', lines: upstreamSees },
  ]
  if (sentResponse !== undefined) {
    const { at, text } = sentResponse
    steps.push({ at: at - startedAt, who: 'upstream sends', lines: messageLines(text, now) })
  }
  return [...steps, ...clientSteps(clientGot, sentResponse?.text, startedAt, now)]
}

function fromLine(from: string | undefined): readonly string[] {
  return from === undefined ? [] : [`(from ${from})`]
}

function clientSteps(got: SeenMessage, sent: string | undefined, startedAt: number, now: number): readonly Step[] {
  const who = 'client gets'
  const { overAt, headAt, head, body, length, ending } = got
  if (overAt !== undefined && Math.round(overAt) === Math.round(headAt)) {
    return [{ at: headAt - startedAt, who, lines: shortened(textOf(got), sent, body, now) }]
  }
  const steps: Step[] = []
  if (head.length > 0) steps.push({ at: headAt - startedAt, who, lines: head.map((line) => shownLine(line, now)) })
  for (const { at, text } of bodyPieces(got)) steps.push({ at: at - startedAt, who, lines: [text] })
  if (ending === undefined) return steps
  const what = ending.how === 'reset' ? 'a reset (RST)' : 'the end of the connection'
  const missing = head.length === 0 ? ', and no answer' : `, ${length - body.length} bytes too early`
  return [...steps, { at: ending.at - startedAt, who, lines: [what + missing] }]
}

/** By the millisecond. */
function bodyPieces({ pieces, length, body }: SeenMessage): readonly { readonly at: number; readonly text: string }[] {
  const byTime = new Map(pieces.map(({ at, bytes }) => [Math.round(at), bytes]))
  const groups = [...byTime].map(([at, bytes], index, all) => ({ at, bytes: bytes - (all[index - 1]?.[1] ?? 0) }))
  const last = groups.at(-1)
  if (last === undefined) return []
  if (groups.length > SHOWN_PIECES) return [{ at: last.at, text: `the last of the ${body.length} bytes of the body` }]
  const rest = (index: number): string => (index === groups.length - 1 && body.length === length ? 'the last ' : '')
  return groups.map(({ at, bytes }, index) => ({ at, text: `${rest(index)}${bytes} bytes of the body` }))
}

/** `unchanged` where it is. */
function shortened(text: string, sent: string | undefined, body: Buffer, now: number): readonly string[] {
  if (text === sent) return ['unchanged']
  return messageLines(text, now, body)
}

function textOf({ head, body }: SeenMessage): string {
  return `${head.join('\r\n')}\r\n\r\n${body.toString('latin1')}`
}

function messageLines(
  text: string,
  now: number,
  body: Buffer = Buffer.from(bodyOf(text), 'latin1'),
): readonly string[] {
  const head = (text.split('\r\n\r\n')[0] ?? '').split('\r\n').map((line) => shownLine(line, now))
  return body.length === 0 ? head : [...head, '', ...bodyLines(body)]
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

function bodyLines(body: Buffer): readonly string[] {
  const text = body.toString()
  const isShown = body.length <= SHOWN_BODY && /^[\x20-\x7e\n]*$/.test(text)
  return isShown ? text.trimEnd().split('\n') : [`(${body.length} bytes)`]
}

/** What depends on when it is run is told of by its distance from now. */
function shownLine(line: string, now: number): string {
  const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) return line
  if (/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(value))
    return `${name}: <${distance(Date.parse(value) - now)}>`
  if (/^x-ratelimit-reset$/i.test(name)) return `${name}: <${distance(Number(value) * 1000 - now)}>`
  return line
}

/** Of a time from now on, as finely as two runs agree. */
function distance(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 5000) * 5
  const minutes = Math.round(seconds / 60)
  if (seconds === 0) return 'now'
  const amount = seconds < 60 ? `${seconds} s` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
  return ms < 0 ? `${amount} ago` : `in ${amount}`
}

const WHO_WIDTH = 16

function stepText({ at, who, lines }: Step, isTimed: boolean): string {
  const prefix = `${isTimed ? `${time(Math.round(at)).padStart(5)} ms  ` : ''}${who.padEnd(WHO_WIDTH)}`
  const indent = ' '.repeat(prefix.length)
  return lines.map((line, index) => ((index === 0 ? prefix : indent) + line).trimEnd()).join('\n')
}
