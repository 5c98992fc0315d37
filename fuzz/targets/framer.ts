import { disagreements, report } from '../../test/support/http1/differential.ts'
import { KNOWN_DIFFERENCES } from '../../test/support/http1/differences.ts'
import { readWithNode } from '../../test/support/http1/node.ts'
import type { Outcome, StreamCase } from '../../test/support/http1/outcome.ts'
import { readWithOurs } from '../../test/support/http1/ours.ts'
import { StreamMaker } from '../../test/support/http1/streams.ts'
import { randomFor } from '../../src/core/random.ts'
import { hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import type { FuzzTarget } from '../target.ts'

/** What the responses of a stream answer: methods decide where a response ends. */
const METHODS: readonly (readonly string[])[] = [
  ['GET', 'POST', 'GET', 'DELETE', 'GET', 'GET', 'GET', 'GET'],
  ['HEAD', 'GET', 'HEAD', 'CONNECT'],
  ['CONNECT'],
]
const SMALL = { maxHead: 200, maxHeaders: 4 }

/** HTTP/1.1: requests and responses, chunked bodies, trailers, tunnels; read whole and cut, and by Node's parser. */
export const framer: FuzzTarget = {
  name: 'framer',
  about: 'HTTP/1.1 requests and responses, cut anywhere, against themselves and Node’s parser',
  binary: true,
  code: ['src/protocols/http1/'],
  tokens: dictionary('framer'),
  generate: (draw) => new StreamMaker({ next: () => draw.below(2 ** 32) / 2 ** 32 }).make().bytes,
  open: () => ({ run: check }),
}

function check(bytes: Buffer): void {
  const random = randomFor(1, bytes.toString('latin1'))
  const cuts = Array.from({ length: 1 + Math.floor(random.next() * 6) }, () =>
    Math.floor(random.next() * (bytes.length + 1)),
  )
  cuts.sort((a, b) => a - b)
  checkStream({ kind: 'request', bytes, cuts, methods: [] })
  for (const methods of METHODS) checkStream({ kind: 'response', bytes, cuts, methods })
}

function checkStream(stream: StreamCase): void {
  const { bytes } = stream
  const whole = readWithOurs({ ...stream, cuts: [] })
  checkOutcome(whole, bytes)
  const each = Array.from({ length: bytes.length }, (_, at) => at)
  for (const cuts of [stream.cuts, each]) sameMessages(whole, readWithOurs({ ...stream, cuts }), true)
  sameMessages(
    readWithOurs({ ...stream, cuts: stream.cuts }, SMALL),
    readWithOurs({ ...stream, cuts: [] }, SMALL),
    true,
  )
  // What skips a body has to end where what reads it ends.
  sameMessages(whole, readWithOurs(stream, { skipBodies: true }), false)
  compareWithNode(stream, whole)
}

function checkOutcome({ messages, ending, error, at }: Outcome, bytes: Buffer): void {
  hold(at >= 0 && at <= bytes.length, `it ends at ${at} of ${bytes.length}`)
  hold(
    (ending === 'refused') === (error !== ''),
    `refused without a rule, or a rule without a refusal: ${ending} ${error}`,
  )
  hold(error !== '?', 'a refusal without a reason')
  hold(
    messages.slice(0, -1).every(({ whole }) => whole),
    'a message follows one that is not over',
  )
  const size = messages.reduce((sum, { body }) => sum + body.length, 0)
  hold(size <= bytes.length, `bodies of ${size} bytes in ${bytes.length}`)
}

/** Where a refused stream was refused may differ: framing in front of it may have been told before, or not. */
function sameMessages(one: Outcome, other: Outcome, bodies: boolean): void {
  const view = ({ messages, ending, error, at }: Outcome): unknown => ({
    messages: messages.map(({ body, ...rest }) => (bodies ? { ...rest, body } : rest)),
    ending,
    error,
    at: ending === 'tunnel' ? at : 0,
  })
  same('cut otherwise', view(one), view(other))
}

/** Where both read on, they read the same. What we refuse and Node does not is our choice; the other way round there has to be a known reason. */
function compareWithNode(stream: StreamCase, ours: Outcome): void {
  const node = readWithNode(stream)
  const text = stream.bytes.toString('latin1')
  for (const difference of disagreements(ours, node)) {
    if (difference.what === 'ours refuses') return
    // To Node this method is the preface of HTTP/2, whatever version stands behind it.
    if (node.error.startsWith('HPE_PAUSED_H2_UPGRADE')) return
    // Behind the head that begins a tunnel there is no other message that the connection could stay open for.
    if (difference.what === 'keepAlive' && ours.ending === 'tunnel' && difference.index === ours.messages.length - 1)
      continue
    const found = { stream, text, ours, node, ...difference }
    const known = KNOWN_DIFFERENCES.find((each) => each.explains(found))
    hold(known !== undefined, known === undefined ? report(found) : '')
    if (known.goOn !== true) return
  }
}
