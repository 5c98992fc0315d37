import { mutateDocument } from './mutate-document.ts'
import { type Draw, type FuzzTarget, LONGEST_INPUT } from './target.ts'

/** What a mutation may take from: the other inputs, and the words they and the target are made of. */
export interface Material {
  readonly inputs: readonly Buffer[]
  readonly tokens: readonly Buffer[]
}

/** Mostly one change, sometimes many: small steps find neighbours, big ones get out of a valley. */
const MORE = 0.55
const MOST = 12

/** An input that is like `input`, and yet another. */
export function mutated(input: Buffer, target: FuzzTarget, material: Material, draw: Draw): Buffer {
  const longest = target.longest ?? LONGEST_INPUT
  let bytes = input
  let count = 1
  while (count < MOST && draw.chance(MORE)) count++
  for (let i = 0; i < count; i++) {
    const changed = target.documents !== undefined && draw.chance(0.5) ? document(bytes, target, material, draw) : bytes
    bytes = changed === bytes ? draw.pick(MUTATIONS)(bytes, material, draw) : changed
    if (bytes.length > longest) bytes = bytes.subarray(0, longest)
  }
  return bytes
}

function document(input: Buffer, target: FuzzTarget, material: Material, draw: Draw): Buffer {
  return target.documents === undefined ? input : mutateDocument(input, target.documents, material, draw)
}

type Mutation = (bytes: Buffer, material: Material, draw: Draw) => Buffer

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  insertByte,
  insertToken,
  insertToken,
  overwriteWithToken,
  remove,
  remove,
  repeat,
  swap,
  splice,
  changeNumber,
  changeLength,
  cut,
]

/** At a border of something: ends of ASCII classes, of signed and unsigned numbers, what delimits. */
const ODD_BYTES = Buffer.from([
  0, 1, 9, 10, 11, 13, 31, 32, 33, 34, 39, 44, 45, 47, 48, 57, 58, 59, 65, 91, 92, 93, 97, 123, 125, 126, 127, 128, 160,
  191, 192, 194, 237, 239, 240, 254, 255,
])

function replaced(bytes: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)])
}

function place(bytes: Buffer, draw: Draw): number {
  return draw.below(bytes.length + 1)
}

/** Mostly short. */
function range(bytes: Buffer, draw: Draw): readonly [from: number, to: number] {
  const from = draw.below(bytes.length)
  const length = 1 + (draw.chance(0.8) ? draw.below(8) : draw.below(bytes.length))
  return [from, Math.min(bytes.length, from + length)]
}

function flipBit(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length === 0) return Buffer.from('0')
  const copy = Buffer.from(bytes)
  const at = draw.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << draw.below(8))
  return copy
}

function setByte(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length === 0) return Buffer.from('0')
  const copy = Buffer.from(bytes)
  copy[draw.below(copy.length)] = oddByte(draw)
  return copy
}

function oddByte(draw: Draw): number {
  return draw.chance(0.7) ? (ODD_BYTES[draw.below(ODD_BYTES.length)] ?? 0) : draw.below(256)
}

function insertByte(bytes: Buffer, _: Material, draw: Draw): Buffer {
  const at = place(bytes, draw)
  const many = draw.chance(0.1) ? 1 + draw.below(64) : 1
  return replaced(bytes, at, at, Buffer.alloc(many, oddByte(draw)))
}

function insertToken(bytes: Buffer, { tokens }: Material, draw: Draw): Buffer {
  if (tokens.length === 0) return bytes
  const at = place(bytes, draw)
  return replaced(bytes, at, at, draw.pick(tokens))
}

function overwriteWithToken(bytes: Buffer, { tokens }: Material, draw: Draw): Buffer {
  if (tokens.length === 0) return bytes
  const at = place(bytes, draw)
  const token = draw.pick(tokens)
  return replaced(bytes, at, Math.min(bytes.length, at + token.length), token)
}

function remove(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length === 0) return bytes
  return replaced(bytes, ...range(bytes, draw), Buffer.alloc(0))
}

function repeat(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length === 0) return bytes
  const [from, to] = range(bytes, draw)
  const times = draw.chance(0.8) ? 1 : 1 + draw.below(40)
  return replaced(bytes, to, to, Buffer.concat(Array.from({ length: times }, () => bytes.subarray(from, to))))
}

function swap(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length === 0) return bytes
  const [from, to] = range(bytes, draw)
  const piece = bytes.subarray(from, to)
  const rest = replaced(bytes, from, to, Buffer.alloc(0))
  const at = place(rest, draw)
  return replaced(rest, at, at, piece)
}

/** The beginning of one and the end of another, or a piece of it amid this. */
function splice(bytes: Buffer, { inputs }: Material, draw: Draw): Buffer {
  if (inputs.length === 0) return bytes
  const other = draw.pick(inputs)
  if (other.length === 0) return bytes
  if (draw.chance(0.5))
    return Buffer.concat([bytes.subarray(0, place(bytes, draw)), other.subarray(draw.below(other.length))])
  const at = place(bytes, draw)
  return replaced(bytes, at, at, other.subarray(...range(other, draw)))
}

const NUMBERS = (
  '0 1 -1 00 007 10 127 128 255 256 65535 65536 2147483647 2147483648 4294967295 4294967296 ' +
  '9007199254740991 9007199254740992 9223372036854775807 9223372036854775808 18446744073709551616 ' +
  '1e308 1e309 0.1 .5 5. -0 1e-400 0x10 1_000 ٣ NaN Infinity'
).split(' ')

/** A number in decimal digits becomes another one. */
function changeNumber(bytes: Buffer, material: Material, draw: Draw): Buffer {
  const found = [...bytes.toString('latin1').matchAll(/\d+/g)]
  if (found.length === 0) return insertByte(bytes, material, draw)
  const { 0: digits, index } = draw.pick(found)
  const near = digits.length < 16 && draw.chance(0.4)
  const text = near ? String(Number(digits) + draw.pick([-1, 1, 2, 10])) : draw.pick(NUMBERS)
  return replaced(bytes, index, index + digits.length, Buffer.from(text))
}

/** Two bytes, taken for a length, become a bit more or less, or far too much. */
function changeLength(bytes: Buffer, _: Material, draw: Draw): Buffer {
  if (bytes.length < 2) return bytes
  const copy = Buffer.from(bytes)
  const at = draw.below(copy.length - 1)
  const change = draw.pick([-2, -1, 1, 2, 4, 16, 256])
  copy.writeUInt16BE((copy.readUInt16BE(at) + change) & 0xffff, at)
  return copy
}

function cut(bytes: Buffer, _: Material, draw: Draw): Buffer {
  return draw.chance(0.5) ? bytes.subarray(0, place(bytes, draw)) : bytes.subarray(draw.below(bytes.length + 1))
}
