import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import type { FaultInput, FaultOf, FaultPatch, FaultType } from '../../../src/client/fault-input.ts'
import { FAULTS } from '../../../src/faults/index.ts'

function camelCase(type = ''): string {
  return type.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function take<Type extends FaultType>(fault: FaultOf<Type>): FaultOf<Type> {
  return fault
}

test('there is a type for every fault, that of its definition', () => {
  const source = readFileSync(join(import.meta.dirname, '../../../src/client/fault-input.ts'), 'utf8')
  const definitions = /^interface Definitions \{\n([^]*?)^\}/m.exec(source)?.[1] ?? ''
  const listed = [...definitions.matchAll(/^ {2}(\w+): typeof (\w+)$/gm)].map(([, type, name]) => ({ type, name }))
  expect(new Set(listed.map(({ type }) => type))).toEqual(new Set(FAULTS.map(({ type }) => type)))
  expect(listed).toHaveLength(FAULTS.length)
  expect(listed.filter(({ type, name }) => name !== camelCase(type))).toEqual([])
})

// The compiler runs over these: a line that is right is an error where it is expected to be wrong, and the other way round.
test('parameters, common fields and values are checked by type', () => {
  take({ type: 'latency', latency: '500ms', jitter: 20, probability: '30%', lease: null })
  take({ type: 'http_error', status: [500, 503], match: { path: '/api/*' }, count: { first: 3 } })
  take({ type: 'noop' })
  // A ramp, or the outcomes, have the values.
  take({ type: 'bandwidth', ramp: { rate: { from: '1MB/s', to: 1000, over: '1m' } } })
  // @ts-expect-error -- a parameter is missing
  take({ type: 'bandwidth' })
  // @ts-expect-error -- no such parameter
  take({ type: 'latency', latency: 1, jiter: 2 })
  // @ts-expect-error -- that of another type
  take({ type: 'noop', latency: 1 })
  // @ts-expect-error -- no such type
  take({ type: 'latancy', latency: 1 })
  // @ts-expect-error -- no such value
  take({ type: 'latency', latency: 1, direction: 'sideways' })
  const patch: FaultPatch<'latency'> = { latency: null, jitter: '5ms', ttl: '1m' }
  // @ts-expect-error -- the name stays
  const renamed: FaultPatch<'latency'> = { name: 'other' }
  expectTypeOf<FaultInput['type']>().toEqualTypeOf<FaultType>()
  expect([patch, renamed]).toHaveLength(2)
})
