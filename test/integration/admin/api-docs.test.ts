import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { FAULTS } from '../../../src/faults/index.ts'
import { AdminRig } from '../../support/admin-rig.ts'
import { freePort } from '../../support/ports.ts'
import { ServerProgram } from '../../support/servers.ts'

const curl = new ServerProgram('curl', 'curl')

const PAGE = readFileSync('docs/api.md', 'utf8')

/** The examples of docs/api.md: each command with the answer below it, in which `…` stands for anything. */
const EXAMPLES = [...PAGE.matchAll(/^\$ (.+)\n([^$`][^]*?\n)(?=\$ |```)/gm)]

test.skipIf(curl.missing)(`every example of the API reference answers what is written there${curl.note}`, async () => {
  await using rig = await AdminRig.listening()
  const port = String(await freePort())
  const local = (text: string) => text.replaceAll('localhost:8474', rig.admin.address).replaceAll('15432', port)
  expect(EXAMPLES.length).toBeGreaterThan(10)
  for (const [, command = '', answer = ''] of EXAMPLES) {
    const { stdout } = await promisify(execFile)('sh', ['-c', local(command)])
    const parts = local(answer.trimEnd())
      .split('…')
      .map((part) => RegExp.escape(part))
    const wanted = new RegExp(`^${parts.join('.*')}$`, 's')
    expect({ command, answer: stdout.trimEnd() }).toEqual({ command, answer: expect.stringMatching(wanted) })
  }
})

test('the tables of toxics have every one, with its attributes and their units', () => {
  const toxics = FAULTS.filter(({ toxic }) => toxic !== undefined)
  const [, toxicsPart = ''] = PAGE.split('\n### Toxics\n')
  const types = /^\| `type` \| (.*?) \|/m.exec(toxicsPart)?.[1] ?? ''
  expect(new Set(types.split(', '))).toEqual(new Set(toxics.map(({ type }) => `\`${type}\``)))
  for (const { type, toxic = [] } of toxics) {
    const row = toxicsPart.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? ''
    expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([type, ...toxic.map(({ name }) => name)])
    for (const { unit } of toxic) expect(row).toContain(unit)
  }
})
