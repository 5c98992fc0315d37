import { describe, expect, it } from 'vitest'
import cases from '../../../golden/http1-smuggling.json' with { type: 'json' }
import { REFUSAL_RULES } from '../../../../src/protocols/http1/refusals.ts'
import { readWithOurs } from '../../../support/http1/ours.ts'

interface SmugglingCase {
  readonly name: string
  readonly side: string
  /** Latin-1. */
  readonly raw: string
  readonly rule: string
  /** What a response answers. Default: GET. */
  readonly method?: string
  /** How many whole messages there are in front of what is refused. Default: 0. */
  readonly messages?: number
}

/** Where the case is cut: not at all, at each byte, and between all of them. */
function waysToCut(length: number): readonly (readonly number[])[] {
  const each = Array.from({ length }, (_, at) => at)
  return [[], each, ...each.map((at) => [at])]
}

describe('what could smuggle a message', () => {
  it.each(cases as readonly SmugglingCase[])('$side: $name → $rule', ({ side, raw, rule, method, messages = 0 }) => {
    const bytes = Buffer.from(raw, 'latin1')
    const kind = side === 'request' ? 'request' : 'response'
    for (const cuts of waysToCut(bytes.length)) {
      const read = readWithOurs({ kind, bytes, cuts, methods: kind === 'request' ? [] : [method ?? 'GET'] })
      expect({ ending: read.ending, error: read.error, cuts }).toEqual({ ending: 'refused', error: rule, cuts })
      expect(read.messages.filter(({ whole }) => whole)).toHaveLength(messages)
    }
  })

  it('has a case for every rule but the bounds, which have tests of their own', () => {
    const seen = new Set(cases.map(({ rule }) => rule))
    expect(REFUSAL_RULES.filter((rule) => !seen.has(rule))).toEqual([
      'target_too_long',
      'head_too_large',
      'too_many_headers',
      'trailers_too_large',
      'too_many_trailers',
      'chunk_extensions_too_large',
    ])
  })
})
