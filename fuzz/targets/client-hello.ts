import { MAX_HELLO_BYTES, readClientHello } from '../../src/protocols/tls/client-hello.ts'
import { helloMessage, inRecords } from '../../test/support/hello-bytes.ts'
import { brief, hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import { lengthsBelow } from '../pieces.ts'
import type { Draw, FuzzTarget } from '../target.ts'

/** The first bytes of TLS clients: in any pieces, in any records. */
export const clientHello: FuzzTarget = {
  name: 'client-hello',
  about: 'ClientHellos of TLS in any pieces and records',
  binary: true,
  code: ['src/protocols/tls/'],
  tokens: dictionary('client-hello'),
  generate: made,
  open: () => ({ run: check }),
}

function made(draw: Draw): Buffer {
  const message = helloMessage({
    legacyVersion: draw.pick([0x0303, 0x0301, 0x0300, 0x0304, 0x0200]),
    servernames: draw.pick([[], ['a.example'], ['A.Example'], ['x'.repeat(255)], ['a', 'b']]),
    alpn: draw.pick([[], ['h2', 'http/1.1'], ['\x0a\x0a', 'h2']]),
    versions: draw.pick([[], [0x0304, 0x0303], [0x0a0a, 0x0304], [0x0a0a]]),
    extensions: draw.pick([[], [[10, Buffer.from('00020017', 'hex')]], [[0xffff, Buffer.alloc(draw.below(600), 1)]]]),
    bare: draw.chance(0.1),
  })
  return inRecords(message, draw.pick([[16_384], [1], [7, 100], [512], [3, 1, 4000]]))
}

function check(bytes: Buffer): void {
  const whole = readClientHello(bytes)
  same('read twice', readClientHello(Buffer.from(bytes)), whole)
  checkPieces(bytes, whole.kind)
  if (whole.kind === 'more') return hold(bytes.length < MAX_HELLO_BYTES, 'it wants more than a hello may have')
  if (whole.kind === 'not_tls')
    return hold(
      whole.text.length < 200 && /^[\x20-\x7e]+$/.test(whole.text),
      `a refusal such as this: ${brief(whole.text)}`,
    )
  const { length, hello } = whole
  hold(length <= bytes.length, `a hello of ${length} bytes in ${bytes.length}`)
  same('without what is behind it', readClientHello(bytes.subarray(0, length)), whole)
  hold(hello.version >> 8 === 3, `a hello of version ${hello.version}`)
  hold(
    hello.servername === undefined || /^[\x21-\x7e]{1,255}$/.test(hello.servername),
    `the name ${brief(hello.servername)}`,
  )
  hold(
    hello.alpn.every((name) => name.length >= 1 && name.length <= 255),
    'a protocol without a name, or too long a one',
  )
  return undefined
}

/** It is not known before its last byte, and known from then on. */
function checkPieces(bytes: Buffer, kind: string): void {
  let before = 'more'
  for (const length of lengthsBelow(bytes.length)) {
    const now = readClientHello(bytes.subarray(0, length)).kind
    hold(before === 'more' || now === before, `at ${length} bytes it is ${now}, and was ${before}`)
    before = now
  }
  hold(before === 'more' || kind === before, `whole it is ${kind}, and was ${before}`)
}
