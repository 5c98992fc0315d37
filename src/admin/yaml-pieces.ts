import { Document, isScalar, Scalar, visit } from 'yaml'
import { Breath } from '../control/profiles/breathe.ts'

/** One line for each text: what is folded is hard to compare. */
const OPTIONS = { lineWidth: 0 }

/**
 * A document as YAML, written entry by entry of its fields: one of 500 proxies and 2000 faults takes a quarter of a second, and every other call would wait
 * for it.
 */
export async function yamlInPieces(document: Readonly<Record<string, unknown>>): Promise<string> {
  const breath = new Breath()
  const texts: string[] = []
  for (const [name, value] of Object.entries(document)) {
    const [first, ...others] = piecesOf(value)
    texts.push(yamlOf({ [name]: first }))
    const heading = `${name}:\n`.length
    for (const piece of others) {
      await breath.take()
      // Under the heading of the first one.
      texts.push(yamlOf({ [name]: piece }).slice(heading))
    }
  }
  return texts.join('')
}

function yamlOf(value: Readonly<Record<string, unknown>>): string {
  const document = new Document(value)
  visit(document, {
    Pair: (_, { key }) => {
      // Without quotes it would be a merge key.
      if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE
    },
  })
  return document.toString(OPTIONS)
}

/** At least one; several are lists or maps of one entry each. */
function piecesOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined
  const pieces = list?.map((each) => [each]) ?? Object.entries(value).map(([key, each]) => ({ [key]: each as unknown }))
  return pieces.length === 0 ? [value] : pieces
}
