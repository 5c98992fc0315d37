import {
  readPopulateBody,
  readProxyBody,
  readToxicBody,
  readToxicUpdateBody,
} from '../../src/admin/toxiproxy-bodies.ts'
import { readGoJson, type JsonNode } from '../../src/admin/go-json.ts'
import { directionOf, isToxic, paramsOf } from '../../src/control/toxic-input.ts'
import { FAULTS } from '../../src/faults/index.ts'
import { brief, checkRefusal, hold, outcomeOf, same, sameTwice } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import type { FuzzTarget } from '../target.ts'

const TOXICS = FAULTS.filter(isToxic)

/** The bodies of Toxiproxy's API, which are read as Go reads them. */
export const toxiproxy: FuzzTarget = {
  name: 'toxiproxy',
  about: 'bodies of Toxiproxy’s API, against JSON.parse where both know them',
  code: ['src/admin/go-', 'src/admin/toxiproxy-', 'src/control/toxic-input.ts', 'src/faults/toxic-params.ts'],
  documents: { form: 'json' },
  tokens: [
    ...dictionary('toxiproxy'),
    ...TOXICS.flatMap(({ type, toxic }) => [`"${type}"`, ...toxic.map(({ name }) => `"${name}"`)]),
  ],
  open: () => ({ run: check }),
}

function check(body: Buffer): void {
  const tree = sameTwice('JSON', () => readGoJson(body))
  checkJson(body, 'value' in tree ? tree.value : undefined)
  if ('refused' in tree) checkRefusal(tree.refused, { named: false })
  for (const read of [readProxyBody, readPopulateBody]) {
    const outcome = sameTwice(read.name, () => read(body))
    if ('refused' in outcome) checkRefusal(outcome.refused, { named: false })
    else hold('value' in tree, `${read.name} has read what is no JSON: ${brief(outcome.value)}`)
  }
  for (const read of [readToxicBody, readToxicUpdateBody]) {
    const outcome = outcomeOf(() => read(body))
    if ('refused' in outcome) {
      checkRefusal(outcome.refused, { named: false })
      continue
    }
    for (const toxic of TOXICS) {
      const attributes = sameTwice(`attributes of ${toxic.type}`, () => outcome.value.attributes(toxic))
      const params =
        'value' in attributes
          ? sameTwice(`parameters of ${toxic.type}`, () => paramsOf(toxic, attributes.value))
          : attributes
      if ('refused' in params) checkRefusal(params.refused, { named: false })
    }
    const stream = 'stream' in outcome.value ? outcome.value.stream : undefined
    if (typeof stream !== 'string') continue
    const direction = outcomeOf(() => directionOf(stream))
    if ('refused' in direction) checkRefusal(direction.refused)
  }
}

/** A whole document is read as JSON.parse reads it; what is behind the first value is passed over. */
function checkJson(body: Buffer, tree: JsonNode | undefined): void {
  const text = body.toString()
  // After many objects of one shape V8 (Node 26) may read a key that has escapes as another key; the same text is read rightly by a fresh process.
  if (text.includes('\\')) return
  let expected: unknown
  try {
    expected = JSON.parse(text)
  } catch {
    return
  }
  // It would be no text of JSON any more once its bytes have been mended; deeper ones are refused.
  if (!Buffer.from(text).equals(body) || depthOf(expected) > 900) return
  hold(tree !== undefined, 'JSON.parse reads what is refused')
  same('read as by JSON.parse', plain(tree), wellFormed(expected))
}

function depthOf(value: unknown): number {
  let deepest = 0
  let level: readonly unknown[] = [value]
  while (level.length > 0 && deepest < 1000) {
    deepest++
    level = level.flatMap((each): readonly unknown[] =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    )
  }
  return deepest
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toWellFormed(), wellFormed(each)]))
}

function plain(node: JsonNode): unknown {
  if (node.kind === 'null') return null
  if (node.kind === 'number') return Number(node.text)
  if (node.kind === 'array') return node.items.map(plain)
  if (node.kind === 'object') return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]))
  return node.value
}
