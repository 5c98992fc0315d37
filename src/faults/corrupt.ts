import { z } from 'zod'
import type { Stage } from '../core/outlet.ts'
import type { Random } from '../core/random.ts'
import type { StageContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { size } from './params.ts'
import { PassThrough } from './pass-through.ts'

const MODES = ['bitflip', 'zero', 'random'] as const

const params = z.object({
  spacing: size()
    .refine((bytes) => bytes >= 1, { error: 'expected at least 1 byte, such as "64KiB"' })
    .prefault('64KiB')
    .describe('Mean distance from one changed byte to the next. 1 = every byte.'),
  mode: z
    .enum(MODES, { error: 'expected bitflip, zero or random' })
    .default('bitflip')
    .describe('What becomes of a byte: one of its bits is turned, it becomes 0, or it becomes any other byte.'),
})

/** With each byte of a read on record, a single read would push everything else out of the record and take 15 ms. */
const MOST_RECORDED = 100

/** Bytes that are left alone before the next hit: geometric, so that each byte is hit with a chance of 1/`spacing` whatever came before. */
function gap(spacing: number, random: Random): number {
  return Math.floor(Math.log1p(-random.next()) / Math.log1p(-1 / spacing))
}

function changed(byte: number, mode: (typeof MODES)[number], random: Random): number {
  if (mode === 'zero') return 0
  if (mode === 'bitflip') return byte ^ (1 << Math.floor(random.next() * 8))
  return (byte + 1 + Math.floor(random.next() * 255)) % 256
}

class Corrupt extends PassThrough {
  readonly #params: z.output<typeof params>
  readonly #context: StageContext
  /** Bytes that came before. */
  #offset = 0
  /** Bytes to leave alone from here on; `undefined` = not drawn yet. */
  #left: number | undefined

  constructor(p: z.output<typeof params>, context: StageContext, previous: Stage | undefined) {
    super()
    this.#params = p
    this.#context = context
    if (!(previous instanceof Corrupt)) return
    this.#offset = previous.#offset
    // With another spacing the distance is drawn anew from here: a geometric one does not remember how far it has come.
    if (previous.#params.spacing === p.spacing) this.#left = previous.#left
  }

  override chunk(bytes: Buffer, at: number): number {
    const { spacing, mode } = this.#params
    const { random, counters } = this.#context
    let position = this.#left ?? gap(spacing, random)
    let out = bytes
    let hits = 0
    while (position < bytes.length) {
      if (out === bytes) out = Buffer.from(bytes)
      out[position] = changed(bytes[position] ?? 0, mode, random)
      counters.applied++
      if (++hits <= MOST_RECORDED) this.#context.record(at, 'corrupt', { offset: this.#offset + position })
      position += 1 + gap(spacing, random)
    }
    this.#left = position - bytes.length
    this.#offset += bytes.length
    return this.next.chunk(out, at)
  }
}

export const corrupt = defineFault({
  type: 'corrupt',
  layer: 'transport',
  effect: 'content',
  summary: 'Changes single bytes, at random places.',
  details: `On average one byte in \`spacing\` is changed; each byte has the same chance, so distances are geometric, and where the hits are does not depend on how the stream is cut
into chunks. No byte is lost or added, times do not change, ends pass. With \`bitflip\` one of the eight bits is turned, with \`random\` the byte becomes any of the 255 others: both always
change it. With \`zero\` it becomes 0, which changes nothing where it was 0 already; it counts all the same.

Each hit counts as applied and is put on record (of one chunk the first ${MOST_RECORDED}) with its \`offset\`: the position of the byte among those of its direction that the fault has met, from 0. With \`per: chunk\`
only the bytes of selected chunks are counted.

An update keeps the distance to the next hit unless \`spacing\` changes, and applies to bytes that come after it. Bytes that are held are not changed any more, nor changed
back when the fault is removed.

Stands for what an application may really be given wrong: bad memory in a host or a middlebox that computes checksums anew, a broken driver or codec, a bug in a proxy. **It is not
what happens to a damaged packet on the wire**: there the TCP checksum fails, the packet is dropped and sent again, and the application sees a delay, never a wrong byte. This
fault garbles on purpose behind TCP. Through TLS any change is a fatal alert (\`bad_record_mac\`) that ends the connection. A small \`spacing\` means as many records.`,
  example: { spacing: '64KiB', mode: 'bitflip' },
  params,
  per: ['session', 'chunk'],
  stage: (p, context, previous) => new Corrupt(p, context, previous),
})
