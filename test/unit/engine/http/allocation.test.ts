import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const CHILD = fileURLToPath(new URL('../../../support/http-allocation-child.ts', import.meta.url))

/**
 * Bytes of heap for one exchange that simply goes on: 16 to 56 when this was written (a time or two that are passed on as objects of their own). One
 * closure with what it holds adds 64, an object for the exchange or its record 200 to 300.
 */
const PLAIN = 100

/** With six faults of which none is meant: 240, which are the text of the host and what is known of the request. A list of all fields adds 500 and more. */
const UNMATCHED = 512

test('an exchange that nobody has to do with allocates nothing to speak of, and faults that are not meant little', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD])
  const { plain, unmatched, hasGc } = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  expect(hasGc).toBe(true)
  expect(plain).toBeLessThan(PLAIN)
  expect(unmatched).toBeLessThan(UNMATCHED)
})
