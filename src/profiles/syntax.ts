import { Composer, type Document, Lexer, Parser } from 'yaml'
import { DEEPEST, LARGEST_TEXT, MOST_TOKENS } from './bounds.ts'
import { type MistakeInText, type Mistakes, shortened } from './mistake.ts'

type Notes = Mistakes<MistakeInText>
type Token = Parameters<Composer['next']>[0]

/** The parser opens up to three levels for one of the document. What is nested deeper than that need not be composed to be refused. */
const DEEPEST_STACK = 3 * DEEPEST + 10

/** YAML 1.2 without anything that depends on the reader: no merge keys, no tags beyond the core ones, no keys but texts. */
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  stringKeys: true,
  resolveKnownTags: false,
  // By comparison of each with each; done elsewhere.
  uniqueKeys: false,
  prettyErrors: false,
} as const

/** Whether a text is too large to be looked at. */
export function isTooLarge(text: string): boolean {
  return text.length > LARGEST_TEXT || (text.length > LARGEST_TEXT / 3 && Buffer.byteLength(text) > LARGEST_TEXT)
}

/** Reads the one document of a text; `undefined` = `notes` say why not. */
export function readSyntax(text: string, notes: Notes): Document.Parsed | undefined {
  if (isTooLarge(text)) {
    notes.add({ offset: 0, field: '', text: `a profile may have at most ${LARGEST_TEXT} bytes` })
    return undefined
  }
  noteOddCharacters(text, notes)
  if (notes.all.length > 0) return undefined
  const tokens = readTokens(text, notes)
  if (notes.all.length > 0) return undefined
  const [document, second] = compose(tokens, text.length)
  for (const error of document?.errors ?? []) noteSyntax(text, error.pos[0], error.message, notes)
  if (second !== undefined && notes.all.length === 0) {
    notes.add({
      offset: startOf(second, text),
      field: '',
      text: 'a second document begins here; expected one document in one text',
    })
  }
  return notes.all.length > 0 ? undefined : document
}

const ODD = /[[\p{Cc}\p{Cs}\u{fffd}]--[\t\n\r\x7f-\x9f]]|\r(?!\n)/gv

/** JSON may have them as they are, and YAML too where that looks like JSON: within quotes (YAML 1.2.2, section 5.1). */
const ODD_UNLESS_QUOTED = /[[\x7f-\x9f\u{feff}\u{fffe}\u{ffff}]--[\x85]]/gv

function noteOddCharacters(text: string, notes: Notes, odd = ODD, from = 0): void {
  for (const { 0: character, index } of text.matchAll(odd)) {
    notes.add({ offset: from + index, field: '', text: oddness(character) })
    if (notes.isFull) return
  }
}

function oddness(odd: string): string {
  if (odd === '\ufffd') return 'the text is not UTF-8, or has the mark of bytes that were not (U+FFFD)'
  if (odd === '\r') return 'this line ends with a carriage return alone; expected a line feed'
  const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `the character U+${code} cannot stand in YAML; within double quotes it is written \\u${code}`
}

function readTokens(text: string, notes: Notes): readonly Token[] {
  const lexer = new Lexer()
  const parser = new Parser()
  const tokens: Token[] = []
  let count = 0
  const take = (token: Token): void => {
    if (token.type === 'error') noteSyntax(text, token.offset, token.message, notes)
    if (token.type === 'directive') noteDirective(token.offset, token.source, notes)
    tokens.push(token)
  }
  let before = ''
  for (const lexeme of lexer.lex(text)) {
    if (!isQuoted(lexeme, before)) noteOddCharacters(lexeme, notes, ODD_UNLESS_QUOTED, parser.offset)
    before = lexeme
    for (const token of parser.next(lexeme)) take(token)
    count += 1
    const tooMuch = refusalOf(count, parser.stack.length)
    if (tooMuch !== undefined) notes.add({ offset: Math.min(parser.offset, text.length), field: '', text: tooMuch })
    if (tooMuch !== undefined || notes.isFull) return []
  }
  for (const token of parser.end()) take(token)
  return tokens
}

/** What the lexer puts in front of a text without quotes, whatever that begins with. */
const PLAIN = '\u001F'

function isQuoted(lexeme: string, before: string): boolean {
  return before !== PLAIN && /^["']/.test(lexeme)
}

function refusalOf(count: number, depth: number): string | undefined {
  if (depth > DEEPEST_STACK) return `with this the profile has more than ${DEEPEST} levels`
  return count > MOST_TOKENS ? `with this the profile has more than ${MOST_TOKENS} tokens` : undefined
}

/** They change what the rest of the text means. */
function noteDirective(offset: number, source: string, notes: Notes): void {
  if (/^%YAML\s+1\.2\s*$/.test(source)) return
  const directive = JSON.stringify(shortened(source, 40))
  notes.add({ offset, field: '', text: `the directive ${directive} is not taken: profiles are YAML 1.2` })
}

function compose(tokens: readonly Token[], length: number): readonly Document.Parsed[] {
  const documents: Document.Parsed[] = []
  for (const document of new Composer(OPTIONS).compose(tokens, true, length)) {
    documents.push(document)
    if (documents.length === 2) break
  }
  return documents
}

function noteSyntax(text: string, at: number, message: string, notes: Notes): void {
  if (notes.isFull) return
  // What stands there may be long, or secret.
  const brief = message
    .slice(0, 1000)
    .replaceAll(/"(?:[^"\\]|\\.){40,}"?/gs, '"…"')
    .replaceAll(/\s+/g, ' ')
  const offset = Math.max(0, Math.min(at, text.length))
  const why = `${offset === text.length ? ' (here the text ends)' : ''}${variableAdvice(text, offset)}`
  notes.add({ code: 'invalid_profile', offset, field: '', text: `this is not YAML: ${shortened(brief, 200)}${why}` })
}

/** The brace of a variable ends a text within braces or brackets, unless that is quoted. */
function variableAdvice(text: string, offset: number): string {
  const from = Math.max(text.lastIndexOf('\n', offset - 1) + 1, offset - 300)
  const isFlow = /[[{,][^"'\n]*\$\{/.test(text.slice(from, offset + 1))
  return isFlow ? '; within [ ] and { } a text with a variable has to be quoted: "${name}"' : ''
}

function startOf(document: Document.Parsed, text: string): number {
  return Math.min(document.contents?.range[0] ?? document.range[0], text.length)
}
