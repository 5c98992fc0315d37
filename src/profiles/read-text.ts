import { type MistakeInText, Mistakes } from './mistake.ts'
import { readSyntax } from './syntax.ts'
import { readTree, type Tree } from './tree.ts'

/** What a text holds, before anything is known of profiles. */
export interface ReadText {
  /** `undefined` = it is no YAML. */
  readonly tree: Tree | undefined
  readonly mistakes: readonly MistakeInText[]
  /** Offsets at which lines begin. */
  readonly lines: Uint32Array
}

const MARK = '\ufeff'

/** Never throws for a text, whatever it holds; takes time and memory in proportion to its length at most. */
export function readText(text: string): ReadText {
  const plain = text.startsWith(MARK) ? text.slice(MARK.length) : text
  const notes = new Mistakes<MistakeInText>()
  const document = readSyntax(plain, notes)
  const tree = document === undefined ? undefined : readTree(document, notes)
  return { tree, mistakes: notes.all, lines: lineStarts(plain) }
}

function lineStarts(text: string): Uint32Array {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return Uint32Array.from(starts)
}
