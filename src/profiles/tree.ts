import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml'
import { DEEPEST, LONGEST_KEY, LONGEST_PATHS, MOST_VALUES } from './bounds.ts'
import { type MistakeInText, type Mistakes, shortened, shown } from './mistake.ts'
import { join } from '../faults/issues.ts'

type Pairs = Readonly<Record<string, unknown>>

/** The values of a document, and where each of them is. */
export interface Tree {
  readonly value: unknown
  readonly paths: readonly string[]
  /** Offsets in the text, two for each path: of the value, and of the key in front of it (otherwise the same). */
  readonly offsets: readonly number[]
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
)

/**
 * Reads the values of a document that has been composed without an error. Everything in it is as JSON could have it. `undefined` = it is too much,
 * and `notes` say so.
 */
export function readTree(document: Document.Parsed, notes: Mistakes<MistakeInText>): Tree | undefined {
  const reader = new TreeReader(notes)
  const { contents } = document
  const value = contents === null ? null : reader.read(contents, '', 0, undefined)
  return reader.isCut ? undefined : { value, paths: reader.paths, offsets: reader.offsets }
}

class TreeReader {
  readonly paths: string[] = []
  readonly offsets: number[] = []
  readonly #notes: Mistakes<MistakeInText>
  readonly #anchors = new Map<string, ParsedNode>()
  /** What each alias stands for where it is written: an anchor of the same name may come later. */
  readonly #targets = new Map<Alias, ParsedNode>()
  /** Those that are being put in the place of an alias. */
  readonly #open = new Set<ParsedNode>()
  /** Something was left out. */
  isCut = false
  #aliases = 0
  #values = 0
  #length = 0

  constructor(notes: Mistakes<MistakeInText>) {
    this.#notes = notes
  }

  read(node: ParsedNode, path: string, depth: number, key: number | undefined): unknown {
    const [start] = node.range
    if (!this.#has(path, depth, key ?? start)) return null
    this.#remember(node, path, key)
    if (isAlias(node)) return this.#readAlias(node, path, depth)
    this.#checkTag(node, path)
    if (this.#aliases === 0 && node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#readScalar(node, path)
    this.#open.add(node)
    const value = isMap(node) ? this.#readMap(node.items, path, depth) : this.#readList(node.items, path, depth)
    this.#open.delete(node)
    return value
  }

  #note(offset: number, field: string, text: string, value?: unknown): void {
    this.#notes.add({ offset, field, text, ...(value === undefined ? {} : { value }) })
  }

  /** Whether there is room for one more. Once is enough to say that there is not. */
  #has(path: string, depth: number, offset: number): boolean {
    if (this.isCut) return false
    this.#values += 1
    this.#length += path.length
    const most = depth > DEEPEST ? `${DEEPEST} levels` : this.#mostOf()
    if (most === undefined) return true
    this.isCut = true
    this.#note(
      offset,
      path,
      `with this the profile has more than ${most}${this.#aliases > 0 ? ', its aliases replaced' : ''}`,
    )
    return false
  }

  /** Of what there is too much. */
  #mostOf(): string | undefined {
    if (this.#values > MOST_VALUES) return `${MOST_VALUES} values`
    return this.#length > LONGEST_PATHS ? `${LONGEST_PATHS} characters in the paths of its values` : undefined
  }

  /** A value stands where it is written, and a map or a list where its name is. */
  #remember(node: ParsedNode, path: string, key: number | undefined): void {
    const [start, end] = node.range
    const isWritten = end > start && (isScalar(node) || isAlias(node))
    this.paths.push(path)
    this.offsets.push(isWritten ? start : (key ?? start), key ?? start)
  }

  #readAlias(alias: Alias.Parsed, path: string, depth: number): unknown {
    const [offset] = alias.range
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source)
    if (target === undefined) {
      this.#note(offset, path, `there is no anchor &${shortened(alias.source, 60)} in front of this alias`)
      return null
    }
    this.#targets.set(alias, target)
    if (this.#open.has(target)) {
      this.#note(offset, path, `the alias *${shortened(alias.source, 60)} stands within what it stands for`)
      return null
    }
    if (isScalar(target)) return this.#readScalar(target, path)
    this.#aliases += 1
    this.#open.add(target)
    const value = isMap(target)
      ? this.#readMap(target.items, path, depth)
      : this.#readList(isSeq(target) ? target.items : [], path, depth)
    this.#open.delete(target)
    this.#aliases -= 1
    return value
  }

  #checkTag(node: ParsedNode, path: string): void {
    const { tag } = node
    if (tag === undefined || CORE_TAGS.has(tag)) return
    this.#note(node.range[0], path, `the tag ${shown(tag)} is not taken; expected none, or one of YAML's core schema`)
  }

  #readScalar({ value, range }: Scalar.Parsed, path: string): unknown {
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      this.#note(range[0], path, `expected a finite number, got ${String(value)}`, String(value))
      return null
    }
    if (typeof value !== 'string') return typeof value === 'boolean' ? value : null
    if (!value.isWellFormed()) this.#note(range[0], path, 'expected a text without halves of surrogate pairs')
    return value
  }

  #readList(items: readonly unknown[], path: string, depth: number): readonly unknown[] {
    return items.map((item, index) =>
      isNode(item) ? this.read(item, join(path, index), depth + 1, undefined) : this.#readPair(item, path, depth),
    )
  }

  /** `[a: b]` is a list with a map of one pair. */
  #readPair(item: unknown, path: string, depth: number): unknown {
    return isPair(item) ? this.#readMap([item], path, depth + 1) : null
  }

  #readMap(items: readonly unknown[], path: string, depth: number): Pairs {
    const pairs: Record<string, unknown> = {}
    const keys = new Map<string, number>()
    for (const item of items) {
      if (!isPair(item)) continue
      const name = this.#readKey(item.key, path, keys)
      if (name === undefined || !isNode(item.key)) continue
      const [offset] = item.key.range
      const field = join(path, name)
      if (isNode(item.value)) pairs[name] = this.read(item.value, field, depth + 1, offset)
      else {
        pairs[name] = null
        if (!this.#has(field, depth + 1, offset)) continue
        this.paths.push(field)
        this.offsets.push(offset, offset)
      }
    }
    return pairs
  }

  /** `undefined` = it is refused. */
  #readKey(key: unknown, path: string, keys: Map<string, number>): string | undefined {
    if (!isNode(key)) return undefined
    const [offset] = key.range
    if (!isScalar(key) || typeof key.value !== 'string') {
      this.#note(offset, path, 'expected a text as the name of a field')
      return undefined
    }
    this.#checkTag(key, path)
    const name = key.value
    const wrong = keys.has(name) ? 'it is there twice; expected one of the two' : wrongKey(name, key.type)
    if (wrong === undefined) {
      keys.set(name, offset)
      return name
    }
    this.#note(offset, join(path, shortened(name, 60)), wrong, name)
    return undefined
  }
}

function wrongKey(name: string, style: string | undefined): string | undefined {
  if (name === '__proto__') return 'this name cannot be used; expected another'
  if (name === '<<' && style === 'PLAIN') {
    return 'merge keys are no part of YAML 1.2; profiles share with `extends`, and values with `vars`'
  }
  if (name.length > LONGEST_KEY)
    return `a name may have at most ${LONGEST_KEY} characters, and this one has ${name.length}`
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return 'a name may have no control characters, and no halves of surrogate pairs'
  return name.includes('${') ? 'variables can stand in values, not in names' : undefined
}

function isNode(value: unknown): value is ParsedNode {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
}

function isPair(value: unknown): value is { readonly key: unknown; readonly value: unknown } {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value && !isNode(value)
}
