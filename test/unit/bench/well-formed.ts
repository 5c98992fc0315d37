/** What an XML document without declarations, comments and CDATA is made of. */
export interface Parsed {
  readonly elements: readonly { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[]
  /** Text between tags, with its entities resolved. */
  readonly texts: readonly string[]
}

const NAME = '[A-Za-z_][\\w.:-]*'
const START = new RegExp(`<(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`, 'y')
const END = new RegExp(`</(${NAME})\\s*>`, 'y')
const TEXT = /[^<]+/y
const ATTRIBUTE = new RegExp(`(${NAME})="([^"<]*)"`, 'g')
/** The production Char of XML 1.0. */
const CHARACTERS = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Reads a document by the rules of well-formedness of XML 1.0 as far as pictures need them, and fails at the first that is broken. */
export function parseXml(text: string): Parsed {
  if (!CHARACTERS.test(text)) throw new Error('a character that XML does not have')
  const elements: Parsed['elements'][number][] = []
  const texts: string[] = []
  const open: string[] = []
  const document = text.trim()
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(document)
    if (found !== null) at += found[0].length
    return found
  }
  while (at < document.length) {
    if (open.length === 0 && elements.length > 0) throw new Error(`something after the root, at ${at}`)
    const start = take(START)
    if (start !== null) {
      const [, name = '', attributes = '', empty] = start
      elements.push({ name, attributes: attributesOf(attributes) })
      if (empty === '') open.push(name)
      continue
    }
    const end = take(END)
    if (end !== null) {
      if (open.pop() !== end[1]) throw new Error(`</${end[1]}> closes what is not open, at ${at}`)
      continue
    }
    const between = open.length === 0 ? null : take(TEXT)
    if (between === null) throw new Error(`neither a tag nor text, at ${at}: ${document.slice(at, at + 40)}`)
    if (between[0].includes(']]>')) throw new Error(`]]> in text, at ${at}`)
    texts.push(resolved(between[0]))
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join()}`)
  return { elements, texts }
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw new Error(`the attribute ${name} is there twice`)
    attributes.set(name, resolved(value))
  }
  return attributes
}

function resolved(text: string): string {
  return text.replaceAll(/&([^;&]*)(;?)/g, (_, entity: string, end: string) => {
    const code = /^#(?:x([\da-f]+)|(\d+))$/i.exec(entity)
    const character =
      code === null
        ? ENTITIES[entity]
        : String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10))
    if (character === undefined || end === '') throw new Error(`&${entity} is no entity`)
    return character
  })
}
