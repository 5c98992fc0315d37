import { parseIp, formatIp } from '../../src/protocols/proxy-protocol/ip-address.ts'
import {
  MAX_HEADER_BYTES,
  proxyHeader,
  readProxyHeader,
  type Endpoint,
} from '../../src/protocols/proxy-protocol/header.ts'
import { brief, hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import { lengthsBelow } from '../pieces.ts'
import type { Draw, FuzzTarget } from '../target.ts'

const ENDS: readonly Endpoint[] = [
  { address: '10.0.0.1', port: 51234 },
  { address: '0.0.0.0', port: 0 },
  { address: '2001:db8::1', port: 65535 },
  { address: 'fe80::1', port: 1 },
  { address: 'unix:/run/x.sock', port: 0 },
  { address: 'unix:@abstract', port: 0 },
  { address: 'unix', port: 0 },
]

/** Headers of both versions: read in any pieces, and written again. */
export const proxyProtocol: FuzzTarget = {
  name: 'proxy-protocol',
  about: 'headers of the PROXY protocol, versions 1 and 2, in any pieces; what is read is written and read again',
  binary: true,
  code: ['src/protocols/proxy-protocol/', 'src/protocols/tls/looks-like.ts'],
  tokens: dictionary('proxy-protocol'),
  generate: made,
  open: () => ({ run: check }),
}

function made(draw: Draw): Buffer {
  return proxyHeader(draw.pick(['v1', 'v2']), draw.pick([...ENDS, undefined]), draw.pick(ENDS))
}

function check(bytes: Buffer): void {
  const whole = readProxyHeader(bytes)
  same('read twice', readProxyHeader(Buffer.from(bytes)), whole)
  checkPieces(bytes, whole.kind)
  checkIp(bytes)
  if (whole.kind === 'more') return hold(bytes.length < MAX_HEADER_BYTES, 'it wants more than a header may have')
  if (whole.kind === 'bad')
    return hold(whole.text !== '' && whole.text.length < 200, `a refusal as long as this: ${brief(whole.text)}`)
  const { length, source, destination } = whole
  hold(length <= bytes.length && length <= MAX_HEADER_BYTES, `a header of ${length} bytes in ${bytes.length}`)
  same('without what is behind it', readProxyHeader(bytes.subarray(0, length)), whole)
  hold((source === undefined) === (destination === undefined), 'one end is known, and the other is not')
  if (source === undefined || destination === undefined) return undefined
  for (const version of ['v1', 'v2'] as const) {
    const isUnix = source.address.startsWith('unix')
    // Version 1 knows no socket files.
    if (version === 'v1' && isUnix) continue
    const again = readProxyHeader(proxyHeader(version, source, destination))
    hold(again.kind === 'header', `what is written cannot be read: ${brief(again)}`)
    same('written and read again', { source: again.source, destination: again.destination }, { source, destination })
  }
  return undefined
}

/** It is not known before its last byte, and known from then on. */
function checkPieces(bytes: Buffer, kind: string): void {
  let before = 'more'
  for (const length of lengthsBelow(bytes.length)) {
    const now = readProxyHeader(bytes.subarray(0, length)).kind
    hold(before === 'more' || now === before, `at ${length} bytes it is ${now}, and was ${before}`)
    before = now
  }
  hold(before === 'more' || kind === before, `whole it is ${kind}, and was ${before}`)
}

function checkIp(bytes: Buffer): void {
  const text = bytes.toString('latin1')
  const address = parseIp(text)
  if (address === undefined) return
  same('an address, written and read again', parseIp(formatIp(address)), address)
}
