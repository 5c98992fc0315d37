import { SseParser, type SseMessage } from '../../src/client/sse.ts'
import { parseRecord } from '../../src/control/replay-record.ts'
import { readState, stateText } from '../../src/control/state/document.ts'
import { digestOf, readTokens } from '../../src/admin/tokens.ts'
import { randomFor } from '../../src/core/random.ts'
import { brief, checkRefusal, hold, outcomeOf, same, sameTwice } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import type { FuzzTarget } from '../target.ts'

/** Files that a server or a client reads: its state, the record of a run, tokens, a stream of events. Each input goes through all of them. */
export const files: FuzzTarget = {
  name: 'files',
  about: 'state files, records of runs, files of tokens, streams of events',
  code: [
    'src/control/replay-record.ts',
    'src/control/state/document.ts',
    'src/admin/tokens.ts',
    'src/client/sse.ts',
    'src/faults/issues.ts',
  ],
  documents: { form: 'yaml' },
  batch: 128,
  tokens: dictionary('files'),
  open: () => ({ run: check }),
}

function check(input: Buffer): void {
  const text = input.toString()
  checkState(text)
  checkRecord(text)
  checkTokens(text)
  checkEvents(input)
}

function lines(list: readonly unknown[]): readonly string[] {
  return list.map((each) => JSON.stringify(each))
}

function checkState(text: string): void {
  const read = readState(text)
  same('a state, read twice', readState(text), read)
  if ('damage' in read)
    return hold(read.damage !== '' && read.damage.length < 500, `damage such as ${brief(read.damage)}`)
  const { halted, proxies, faults, profiles, active } = read.state
  const written = stateText({
    halted: halted === undefined ? undefined : JSON.stringify(halted),
    proxies: lines(proxies),
    faults: lines(faults),
    profiles: lines(profiles),
    active: lines(active),
  })
  const again = readState(written)
  // Numbers that JSON has no word for are another matter: what was read came from JSON.
  same(
    'a state, written and read again',
    'state' in again ? JSON.stringify(again.state) : again,
    JSON.stringify(read.state),
  )
  return undefined
}

function checkRecord(text: string): void {
  const outcome = sameTwice('a record', () => parseRecord(text))
  if ('refused' in outcome) {
    checkRefusal(outcome.refused, { named: /^line \d+/.test(outcome.refused.message) })
    return
  }
  const again = outcomeOf(() => parseRecord(outcome.value.map((each) => `${JSON.stringify(each)}\n`).join('')))
  same(
    'a record, written and read again',
    'value' in again ? JSON.stringify(again.value) : again.refused.message,
    JSON.stringify(outcome.value),
  )
}

function checkTokens(text: string): void {
  const outcome = sameTwice('tokens', () => readTokens(text, 'tokens.yaml'))
  if ('refused' in outcome) {
    const { message } = outcome.refused
    checkRefusal(outcome.refused)
    hold(/^tokens\.yaml:\d+:\d+: /.test(message), `a refusal without its place: ${brief(message)}`)
    return
  }
  const tokens = outcome.value
  hold(tokens.length >= 1 && tokens.length <= 1000, `${tokens.length} tokens`)
  hold(new Set(tokens.map(({ name }) => name)).size === tokens.length, 'two tokens of one name')
  hold(new Set(tokens.map((token) => digestOf(token).toString('hex'))).size === tokens.length, 'one token twice')
  const again = outcomeOf(() => readTokens(JSON.stringify(tokens), 'tokens.yaml'))
  same('tokens, written and read again', 'value' in again ? again.value : again.refused.message, tokens)
}

/** As it stands in the standard: the text of the stream, line by line (WHATWG HTML, section 9.2.6). */
function checkEvents(input: Buffer): void {
  const whole = readEvents(input, [])
  const random = randomFor(1, input.toString('latin1'))
  const cuts = Array.from({ length: 5 }, () => Math.floor(random.next() * (input.length + 1))).sort((a, b) => a - b)
  const each = Array.from({ length: input.length }, (_, at) => at)
  for (const some of [cuts, each]) same('a stream of events, cut otherwise', readEvents(input, some), whole)
}

function readEvents(input: Buffer, cuts: readonly number[]): unknown {
  const parser = new SseParser('0')
  const messages: SseMessage[] = []
  let from = 0
  for (const to of [...cuts, input.length]) {
    messages.push(...parser.push(input.subarray(from, to)))
    from = to
  }
  // What is not over has to be told all the same where the end of a line is.
  messages.push(...parser.push(Buffer.from('\n\n')))
  return { messages, lastId: parser.lastId, retryMs: parser.retryMs }
}
