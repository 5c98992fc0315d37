import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from '../../support/cli-context.ts'
import { EventsRig } from '../../support/events-rig.ts'

let rig: EventsRig
let directory: string
beforeAll(async () => {
  rig = await EventsRig.listening()
  directory = await mkdtemp(join(tmpdir(), 'reason-'))
})
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const run = (...argv: readonly string[]) => runHere(argv, { env: { FOULWEATHER_URL: rig.url } })

test('every command that changes what is in force may say why', async () => {
  const file = join(directory, 'proxies.json')
  await writeFile(file, '[{"name": "cache", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}]')
  const commands: readonly (readonly [action: string, ...argv: readonly string[]])[] = [
    ['proxy-created', 'create', 'pg', '-l', '127.0.0.1:0', '-u', '127.0.0.1:1'],
    ['fault-added', 'fault', 'add', 'pg', 'latency', '--latency', '1s', '--name', 'slow', '--lease', '1h'],
    ['fault-updated', 'fault', 'update', 'pg', 'slow', '--latency', '2s'],
    ['fault-renewed', 'fault', 'renew', 'pg', 'slow'],
    ['fault-removed', 'fault', 'remove', 'pg', 'slow'],
    ['fault-added', 'toxic', 'add', 'pg', '-t', 'latency', '-n', 'late', '-a', 'latency=5'],
    ['fault-updated', 'toxic', 'update', 'pg', '-n', 'late', '-a', 'latency=6'],
    ['fault-removed', 'toxic', 'remove', 'pg', '-n', 'late'],
    ['proxy-updated', 'toggle', 'pg'],
    ['proxy-updated', 'reset'],
    ['proxy-deleted', 'delete', 'pg'],
    ['proxy-created', 'populate', file],
    ['halted', 'halt'],
    ['resumed', 'resume'],
  ]
  for (const [index, [, ...argv]] of commands.entries())
    expect(await run(...argv, '--reason', `why ${index}`)).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = await run('audit', '--json')
  const { entries } = JSON.parse(stdout) as { entries: readonly { action: string; reason?: string }[] }
  expect(entries.map(({ action, reason }) => [action, reason])).toEqual(
    commands.map(([action], index) => [action, `why ${index}`]),
  )
})

test('a reason that cannot be sent is a mistake, and no server that does not answer', async () => {
  expect(await run('reset', '--reason', 'a\nb')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'foulweather: reason has the control character "\\n", expected one line of text\n',
  })
})
