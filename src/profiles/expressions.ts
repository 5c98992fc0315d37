/** What a text can hold besides itself. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'var'; readonly name: string; readonly source: string }
  | { readonly kind: 'env'; readonly name: string; readonly fallback: string | undefined; readonly source: string }
  | { readonly kind: 'bad'; readonly source: string }

/** For errors. */
export const EXPRESSIONS = '${name}, ${env:NAME}, ${env:NAME:-default}, or $${ for a literal ${'

const VAR_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

export function isVarName(name: string): boolean {
  return VAR_NAME.test(name)
}

/** Whether there is anything in a text that would be put in its place. */
export function hasExpressions(text: string): boolean {
  return text.includes('${')
}

/** Takes a text apart, in time proportional to its length. */
export function readParts(text: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    const isLiteral = at > from && text[at - 1] === '$'
    const end = isLiteral ? at + 2 : text.indexOf('}', at) + 1
    const before = text.slice(from, isLiteral ? at - 1 : at)
    if (before !== '') parts.push({ kind: 'text', text: before })
    if (isLiteral) parts.push({ kind: 'text', text: '${' })
    else parts.push(readExpression(end === 0 ? text.slice(at) : text.slice(at, end)))
    from = end === 0 ? text.length : end
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

function readExpression(source: string): Part {
  const inside = source.slice(2, -1)
  if (!source.endsWith('}')) return { kind: 'bad', source }
  if (isVarName(inside)) return { kind: 'var', name: inside, source }
  const [, name, fallback] = ENV.exec(inside) ?? []
  return name === undefined ? { kind: 'bad', source } : { kind: 'env', name, fallback, source }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/**
 * What a text from outside (the environment, a command line) says: a number, true, false, or itself. Numbers that would not be written the same
 * again in full (`007`, twenty digits) are names of something, and stay texts.
 */
export function readPlainValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.length > 30 || !NUMBER.test(text)) return text
  const value = Number(text)
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isExact && value !== 0 ? value : readZero(text, value)
}

function readZero(text: string, value: number): string | number {
  return value === 0 && !text.startsWith('-') ? 0 : text
}
