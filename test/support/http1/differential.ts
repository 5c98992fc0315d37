import { randomFor } from '../../../src/core/random.ts'
import { KNOWN_DIFFERENCES } from './differences.ts'
import type { Disagreement } from './differences.ts'
import { readWithNode } from './node.ts'
import type { Outcome, ReadMessage, StreamCase } from './outcome.ts'
import { readWithOurs } from './ours.ts'
import { StreamMaker } from './streams.ts'

export interface Tally {
  /** Streams compared. */
  streams: number
  /** Both read them to the same end without a refusal. */
  accepted: number
  /** Both refused them at the same place. */
  refused: number
  /** Messages that both read whole and alike. */
  messages: number
  /** How often each known difference explained a disagreement. */
  readonly known: Map<string, number>
  /** How often each of our rules refused a stream. */
  readonly rules: Map<string, number>
}

export function newTally(): Tally {
  return { streams: 0, accepted: 0, refused: 0, messages: 0, known: new Map(), rules: new Map() }
}

export function streamOf(seed: number, index: number): StreamCase {
  return new StreamMaker(randomFor(seed, 'http1', index)).make()
}

/** Compares what both make of one stream. Answers a disagreement that is not known, with its explanation. */
export function compareOn(stream: StreamCase, tally: Tally): Disagreement | undefined {
  const ours = readWithOurs(stream)
  const node = readWithNode(stream)
  const text = stream.bytes.toString('latin1')
  tally.streams++
  tally.messages += sameMessages(ours, node)
  if (ours.ending === 'refused') count(tally.rules, ours.error)
  const cutMatters = stream.cuts.length > 0 && !sameOutcome(readWithOurs({ ...stream, cuts: [] }), ours)
  if (cutMatters) return { stream, text, ours, node, what: 'cutting', index: 0 }
  for (const difference of disagreements(ours, node)) {
    const found: Disagreement = { stream, text, ours, node, ...difference }
    const known = KNOWN_DIFFERENCES.find((candidate) => candidate.explains(found))
    if (known === undefined) return found
    count(tally.known, known.name)
    if (known.goOn !== true) return undefined
  }
  if (ours.ending === 'refused') tally.refused++
  else tally.accepted++
  return undefined
}

/** What they disagree about, in its order. */
export function* disagreements(ours: Outcome, node: Outcome): Generator<Pick<Disagreement, 'what' | 'index'>> {
  const common = Math.min(ours.messages.length, node.messages.length)
  for (let i = 0; i < common; i++) {
    const a = ours.messages[i]!
    const b = node.messages[i]!
    for (const key of HEAD_FACTS) if (a[key] !== b[key]) yield { what: key, index: i }
    if (!a.body.startsWith(b.body) && !b.body.startsWith(a.body)) yield { what: 'body', index: i }
  }
  const index = common
  const order = compareProgress(progress(ours), progress(node))
  if (ours.ending === 'refused' && order <= 0) {
    if (node.ending !== 'refused' || order < 0) yield { what: 'ours refuses', index }
  } else if (node.ending === 'refused' && order >= 0) yield { what: 'node refuses', index }
  else if (order !== 0) yield { what: 'extent', index }
  else if (ours.ending !== node.ending) yield { what: 'ending', index }
  else if (ours.ending === 'tunnel' && ours.at !== node.at) yield { what: 'start of tunnel', index }
}

const HEAD_FACTS = ['line', 'minor', 'fields', 'keepAlive', 'upgrade'] as const

/** How far it has come: heads, whole messages, bytes of the last body. */
function progress({ messages }: Outcome): readonly number[] {
  return [messages.length, messages.filter(({ whole }) => whole).length, messages.at(-1)?.body.length ?? 0]
}

function compareProgress(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] ?? 0)
  return 0
}

function sameMessages(ours: Outcome, node: Outcome): number {
  return ours.messages.filter((message, i) => {
    const other = node.messages[i]
    return (
      message.whole && other?.whole === true && headText(message) === headText(other) && message.body === other.body
    )
  }).length
}

function headText({ line, minor, fields, keepAlive, upgrade }: ReadMessage): string {
  return `${line} ${minor} ${keepAlive} ${upgrade}\n${fields}`
}

/** But for where it was refused: chunk framing in front of that may have been told before, or not. */
function sameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    describe({ ...a, at: a.ending === 'tunnel' ? a.at : 0 }) ===
    describe({ ...b, at: b.ending === 'tunnel' ? b.at : 0 })
  )
}

/** All of it, for people and for equality. */
export function describe({ messages, ending, error, at }: Outcome): string {
  const told = messages.map(
    (message) => `${headText(message)}=> ${JSON.stringify(message.body)} ${message.whole ? 'whole' : 'cut'}\n`,
  )
  return `${told.join('')}${ending} ${error} at ${at}`
}

export function report({ stream, text, ours, node, what, index }: Disagreement): string {
  const { kind, cuts, methods } = stream
  return [
    `They disagree: ${what} (message ${index + 1}).`,
    `${kind}, cut at ${JSON.stringify(cuts)}, methods ${JSON.stringify(methods)}`,
    JSON.stringify(text),
    `--- ours\n${describe(ours)}`,
    `--- node\n${describe(node)}`,
  ].join('\n')
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}
