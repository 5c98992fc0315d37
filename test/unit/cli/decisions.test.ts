import { expect, test } from 'vitest'
import { DecisionLog } from '../../../src/engine/decision-log.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { runHere } from '../../support/cli-context.ts'

test('what was decided about exchanges, and done to them, names the exchange', async () => {
  await using rig = await AdminRig.listening()
  const log = new DecisionLog(7, 10)
  rig.dataPlane.decisions = (filter) => log.list(filter)
  const about = { proxy: 'api', fault: 'err', type: 'http_error', session: '5', ordinal: 5, exchange: 3 }
  log.add({ ...about, kind: 'exchange', selected: false, reason: 'count' })
  log.add({ ...about, kind: 'exchange', exchange: 4, selected: true })
  log.add({ ...about, kind: 'injection', exchange: 4, what: 'answer', detail: { status: 503 } })
  log.add({ ...about, kind: 'chunk', direction: 'upstream', chunk: 2, selected: true })
  const { code, stdout, stderr } = await runHere(['decisions'], { env: { FOULWEATHER_URL: rig.url } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').slice(0, -1)
  expect(lines.map((line) => line.split('\t').slice(4))).toEqual([
    ['exchange', '5', '-', 'exchange 3: left alone (count)'],
    ['exchange', '5', '-', 'exchange 4: selected'],
    ['injection', '5', '-', 'exchange 4: answer status=503'],
    ['chunk', '5', 'upstream', 'exchange 3: chunk 2: selected'],
  ])
})
