import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GENERATED, stale } from '../../../scripts/generate.ts'
import { attributesOf, readAttribute } from '../../../src/cli/toxic-attributes.ts'
import { FAULTS } from '../../../src/faults/index.ts'

let root = ''
beforeEach(async () => {
  root = `${await mkdtemp(join(tmpdir(), 'generate-'))}/`
})
afterEach(() => rm(root, { recursive: true }))

test('what is missing or different is stale, what is the same is not', async () => {
  await writeFile(`${root}same.md`, 'same\n')
  await writeFile(`${root}other.md`, 'old\n')
  const files = [
    { path: 'same.md', make: () => 'same\n' },
    { path: 'other.md', make: () => Promise.resolve('new\n') },
    { path: 'missing.md', make: () => 'there\n' },
  ]
  expect(await stale(files, root)).toEqual([
    { path: 'other.md', wanted: 'new\n' },
    { path: 'missing.md', wanted: 'there\n' },
  ])
})

test('the committed files are fresh', async () => {
  expect((await stale(GENERATED)).map(({ path }) => path)).toEqual([])
})

async function faultsPage(): Promise<string> {
  return GENERATED.find(({ path }) => path === 'docs/faults.md')!.make()
}

test('the faults page has every fault, with each of its attributes, their units and meanings', async () => {
  const page = await faultsPage()
  for (const { type, params, toxic, details } of FAULTS) {
    const section = page.split(/^## /m).find((text) => text.startsWith(`${type}\n`))
    for (const { name, unit } of toxic ?? [])
      expect(section).toContain(`| \`${name}\` | ${unit} | ${params.shape[name].description}`)
    expect(section).toContain(details)
  }
})

test('what the faults page writes after the name of an attribute can be written there', async () => {
  const examples = [...(await faultsPage()).matchAll(/[` ]((\w+)=[\w./]+)/g)].map(([, text, name]) => ({
    text: text!,
    name,
  }))
  expect(examples.length).toBeGreaterThan(5)
  for (const { text, name } of examples) {
    const { type } = FAULTS.find(({ toxic }) => toxic?.some((attribute) => attribute.name === name))!
    expect(attributesOf(type, readAttribute(text, undefined))).toEqual({ [name!]: expect.any(Number) })
  }
})
