import { parse, stringify } from 'yaml'
import type { Material } from './mutate.ts'
import type { Documents, Draw } from './target.ts'

/** Deeper trees are left to the mutations of bytes. */
const DEEPEST = 12

/** An input whose document has a change somewhere in its tree; the same buffer where it is no document. */
export function mutateDocument(input: Buffer, documents: Documents, { inputs, tokens }: Material, draw: Draw): Buffer {
  const from = startOf(documents, input)
  const tree = readTree(input, documents)
  if (tree === undefined) return input
  const word = (): string => (tokens.length === 0 ? '' : draw.pick(tokens).toString())
  const other = (): unknown => {
    const found = inputs.length === 0 ? undefined : readTree(draw.pick(inputs), documents)
    return found === undefined ? draw.pick(ODD) : anywhereIn(found.tree, draw)
  }
  const changed = changedTree(tree.tree, { draw, word, other }, 0)
  const text = written(changed, documents.form, draw)
  return text === undefined ? input : Buffer.concat([input.subarray(0, from), Buffer.from(text)])
}

interface Source {
  readonly draw: Draw
  word(): string
  other(): unknown
}

const ODD_TEXTS =
  '|0|-1|5s|1e400h|30%|101%|__proto__|constructor|\ud800|\u0000|\u2028|${x}|${env:A}|$${|*|/a(/|/(a+)+$/i|10.0.0.0/8|::1|127.0.0.1:0|http://h'
const ODD_NUMBERS = [0, -0, -1, 1, 1.5, 1e300, 2 ** 31, 2 ** 53, -1e-9]
const ODD_TREES = [null, true, false, [], {}, [[]], [null], [{}], { a: 1 }, { '': null }]
const ODD: readonly unknown[] = [...ODD_TREES, ...ODD_NUMBERS, ...ODD_TEXTS.split('|'), 'x'.repeat(1100)]

function startOf(documents: Documents, input: Buffer): number {
  return documents.from?.(input) ?? 0
}

function readTree(input: Buffer, documents: Documents): { readonly tree: unknown } | undefined {
  const text = input.subarray(startOf(documents, input)).toString()
  try {
    if (documents.form === 'json') return { tree: JSON.parse(text) }
    // Aliases would make trees without an end.
    return { tree: parse(text, { maxAliasCount: 0, logLevel: 'silent', stringKeys: true }) }
  } catch {
    return undefined
  }
}

function written(tree: unknown, form: Documents['form'], draw: Draw): string | undefined {
  try {
    const space = draw.chance(0.1) ? 1 : undefined
    return form === 'json' || draw.chance(0.2)
      ? JSON.stringify(tree, undefined, space)
      : stringify(tree, { aliasDuplicateObjects: false, lineWidth: 0 })
  } catch {
    return undefined
  }
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function anywhereIn(tree: unknown, draw: Draw): unknown {
  let at = tree
  while (isTree(at) && draw.chance(0.7)) {
    const values: readonly unknown[] = Object.values(at)
    if (values.length === 0) return at
    at = draw.pick(values)
  }
  return at
}

function changedTree(value: unknown, source: Source, depth: number): unknown {
  const { draw } = source
  if (!isTree(value) || depth > DEEPEST) return otherValue(value, source)
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value)
  if (entries.length === 0 || draw.chance(0.15))
    return rebuilt(value, [...entries, [source.word(), otherValue(null, source)]])
  const index = draw.below(entries.length)
  if (draw.chance(0.6))
    return rebuilt(
      value,
      entries.map(([key, each], at) => [key, at === index ? changedTree(each, source, depth + 1) : each]),
    )
  return rebuilt(value, changedEntries(entries, index, source))
}

function changedEntries(
  entries: readonly (readonly [string, unknown])[],
  index: number,
  source: Source,
): readonly (readonly [string, unknown])[] {
  const { draw } = source
  const [key, value] = entries[index] ?? ['', null]
  switch (draw.below(6)) {
    case 0:
      return entries.toSpliced(index, 1)
    case 1:
      return entries.with(index, [key, otherValue(value, source)])
    case 2:
      return entries.with(index, [key, source.other()])
    case 3:
      return entries.with(index, [key, draw.chance(0.5) ? [value] : { [source.word()]: value }])
    case 4:
      return entries.with(index, [source.word(), value])
    default:
      return [...entries, [draw.chance(0.5) ? key : source.word(), value]]
  }
}

function rebuilt(like: object, entries: readonly (readonly [string, unknown])[]): unknown {
  if (Array.isArray(like)) return entries.map(([, value]) => value)
  // Not by assignment: `__proto__` would be something else.
  return Object.fromEntries(entries)
}

function otherValue(value: unknown, source: Source): unknown {
  const { draw } = source
  if (typeof value === 'number' && draw.chance(0.4))
    return value * draw.pick([-1, 0, 0.5, 2, 1000]) + draw.pick([0, 0, 1, -1])
  if (typeof value === 'string' && draw.chance(0.4)) {
    const at = draw.below(value.length + 1)
    return value.slice(0, at) + source.word() + value.slice(at + (draw.chance(0.5) ? 1 : 0))
  }
  if (draw.chance(0.35)) return source.word()
  return draw.chance(0.5) ? draw.pick(ODD) : source.other()
}
