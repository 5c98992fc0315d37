import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startRig } from './rig.ts'

const ROOT = join(import.meta.dirname, '../../..')

test('the example of a script does what it says, and leaves nothing behind', async () => {
  await using rig = await startRig()
  const hook = join(ROOT, 'test/support/from-source.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', hook, join(ROOT, 'examples/node/game-day.ts'), rig.web.url],
    { env: { ...process.env, FOULWEATHER_URL: rig.url } },
  )
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => line.replace(/; \d+ ms each$/, ''))).toEqual([
    'fair weather: 6 × 200',
    'each third request is answered 503: 4 × 200, 2 × 503',
    'answers are 200 ms late: 6 × 200',
    'late, and the first two are reset: 2 × no answer, 4 × 200',
    'fair weather again: 6 × 200',
  ])
  expect(rig.foulweather.control.proxies().map(({ name }) => name)).toEqual(['web'])
})
