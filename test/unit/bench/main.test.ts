import { expect, test } from 'vitest'
import { CASES } from '../../../bench/cases/index.ts'
import { Program } from '../../../bench/program.ts'
import { allRivals } from '../../../bench/rivals/index.ts'

test('--list names every case and every rival', async () => {
  await using program = Program.node('main.ts', '--list')
  const text = await program.output(20_000)
  for (const { name, summary } of [...CASES, ...allRivals({ dist: false })]) {
    expect(text).toContain(`  ${name.padEnd(28)}${summary}\n`)
  }
})

test('a case that does not exist is an error that tells the ones that do', async () => {
  await using program = Program.node('main.ts', '--only', 'speed')
  await expect(program.output(20_000)).rejects.toThrow(/exit 2 there is no case speed: there are bulk, /)
})

test('names of cases, of groups and of rivals are unique', () => {
  const groups = new Set(CASES.flatMap(({ group }) => group ?? []))
  for (const all of [[...CASES, ...[...groups].map((name) => ({ name }))], allRivals({ dist: false })]) {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  }
})
