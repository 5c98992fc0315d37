/** IP addresses as bytes, 4 or 16, and as texts. */

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** Zeros in front are refused: to some they mean octal numbers. */
const V4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`)
const GROUP = /^[0-9a-f]{1,4}$/i
const GROUPS = 8

/** The bytes of an address as text; `undefined` = it is none. IPv6 as in RFC 4291, section 2.2, without a zone. */
export function parseIp(text: string): Buffer | undefined {
  const v4 = V4.exec(text)
  if (v4 !== null) return Buffer.from(v4.slice(1).map(Number))
  // The longest: eight groups of four, of which the last two may be written as IPv4.
  if (text.length > 45) return undefined
  const [front = '', back, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const head = groupsIn(front, back === undefined)
  const tail = back === undefined ? [] : groupsIn(back, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = GROUPS - head.length - tail.length
  if (back === undefined ? missing !== 0 : missing < 1) return undefined
  const bytes = Buffer.alloc(2 * GROUPS)
  head.forEach((group, index) => bytes.writeUInt16BE(group, 2 * index))
  tail.forEach((group, index) => bytes.writeUInt16BE(group, 2 * (head.length + missing + index)))
  return bytes
}

/** @param last whether the text ends the address, where its last groups may be written as IPv4. */
function groupsIn(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const v4 = last && index === parts.length - 1 ? V4.exec(part) : null
    if (v4 !== null) {
      const [a = 0, b = 0, c = 0, d = 0] = v4.slice(1).map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** The one text of an address that everybody writes (RFC 5952). */
export function formatIp(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: GROUPS }, (_, index) => bytes.readUInt16BE(2 * index))
  const [from, length] = longestZeros(groups)
  if (length < 2) return hex(groups)
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

/** The first of the longest runs. */
function longestZeros(groups: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [0, 0]
  let run = 0
  for (const [index, group] of groups.entries()) {
    run = group === 0 ? run + 1 : 0
    if (run > best[1]) best = [index + 1 - run, run]
  }
  return best
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** An IPv4 address that an IPv6 socket shows as `::ffff:a.b.c.d` is the IPv4 address that it is; others stay. */
export function unmapped(bytes: Buffer): Buffer {
  return bytes.length === 16 && bytes.subarray(0, 12).equals(MAPPED) ? bytes.subarray(12) : bytes
}

/** The other way, for an IPv4 address beside one of IPv6. */
export function mapped(bytes: Buffer): Buffer {
  return bytes.length === 4 ? Buffer.concat([MAPPED, bytes]) : bytes
}
