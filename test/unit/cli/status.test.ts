import { expect, test } from 'vitest'
import type { WorkerInfo } from '../../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../../src/faults/index.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { runHere } from '../../support/cli-context.ts'
import { Elsewhere } from '../../support/elsewhere.ts'

const SINCE = '2026-01-31T12:00:00.000Z'

async function statusWith(workers: readonly WorkerInfo[]): Promise<readonly string[]> {
  const plane = new Elsewhere(createLocalDataPlane({ seed: 1, factory: faultFactory }), workers)
  await using rig = await AdminRig.listening({}, plane)
  const { code, stdout, stderr } = await runHere(['status'], { env: { FOULWEATHER_URL: rig.url } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

test('the status has a line for each worker', async () => {
  const lines = await statusWith([
    { worker: 1, state: 'running', deaths: 0, since: SINCE },
    { worker: 2, state: 'starting', deaths: 1, since: SINCE },
    { worker: 3, state: 'closing', deaths: 2, since: SINCE },
  ])
  expect(lines.map((line) => line.split('\t')[0]).join(', ')).toBe(
    'version, node, seed, uptime, worker 1, worker 2, worker 3, revision, halted, proxies, faults, sessions, held',
  )
  expect(lines.filter((line) => line.startsWith('worker'))).toEqual([
    `worker 1\trunning since ${SINCE}`,
    `worker 2\tstarting since ${SINCE}, died once before`,
    `worker 3\tclosing since ${SINCE}, died 2 times before`,
  ])
})

test('and none where one thread does everything', async () => {
  expect((await statusWith([])).filter((line) => line.startsWith('worker'))).toEqual([])
})
