import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from '../../support/cli-context.ts'
import { EventsRig } from '../../support/events-rig.ts'

let rig: EventsRig
beforeAll(async () => {
  rig = await EventsRig.listening()
  const by = { actor: 'al@1.2.3.4:5', reason: 'drill' }
  await rig.control.createProxy({ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
  await rig.control.addFault('pg', { name: 'slow', type: 'latency', latency: '250ms' }, by)
  await rig.control.updateFault('pg', 'slow', { latency: '1s' }, { actor: '5.6.7.8:9' })
  await rig.control.removeFault('pg', 'slow', by)
})
afterAll(() => rig[Symbol.asyncDispose]())

const audit = (...argv: readonly string[]) => runHere(['audit', ...argv], { env: { FOULWEATHER_URL: rig.url } })

test('one line for each change', async () => {
  const { code, stdout, stderr } = await audit()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').slice(0, -1)
  expect(lines.map((line) => line.split('\t').toSpliced(1, 1))).toEqual([
    ['1', 'proxy-created', 'pg', expect.stringMatching(/^127\.0\.0\.1:\d+ → 127\.0\.0\.1:1$/), '-', '-'],
    ['2', 'fault-added', 'pg/slow', 'latency (downstream), latency 250ms', 'al@1.2.3.4:5', 'drill'],
    ['3', 'fault-updated', 'pg/slow', 'latency 250ms → 1s', '5.6.7.8:9', '-'],
    ['4', 'fault-removed', 'pg/slow', '-', 'al@1.2.3.4:5', 'drill'],
  ])
})

async function revisions(...argv: readonly string[]) {
  const { stdout, stderr } = await audit(...argv)
  return [stdout.split('\n').flatMap((line) => line.split('\t')[0] || []), stderr]
}

test('filters are those of the API, and what is left out is said', async () => {
  expect(await revisions('--actor', 'al')).toEqual([['2', '4'], ''])
  expect(await revisions('--action', 'proxy-*')).toEqual([['1'], ''])
  expect(await revisions('--since', '1', '--limit', '1')).toEqual([['4'], '2 older ones are not shown\n'])
  expect(await revisions('--proxy', 'redis')).toEqual([[], ''])
})

test('--json is the answer as it came', async () => {
  const { stdout } = await audit('--json', '--since', '3')
  expect(JSON.parse(stdout)).toMatchObject({ total: 1, entries: [{ revision: 4, reason: 'drill' }] })
})

test('what the server refuses is said', async () => {
  expect(await audit('--action', 'fault-aded')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "fault-added"?'),
  })
  expect((await audit('--since', 'yesterday')).code).toBe(2)
})
