import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { parseProfileAside } from '../../../src/profiles/parse-aside.ts'

const NAME = { name: 'large', file: 'large.yaml' }

const fault = (at: number): string =>
  `  - {on: "p${at}", type: latency, latency: ${at}ms, "é ${at}": [null, true, 1.5, {a: -0}]}\n`

function large(faults: number): string {
  return `ttl: 5m\nfaults:\n${Array.from({ length: faults }, (_, at) => fault(at)).join('')}`
}

test('a large text is read as a small one is, places included', async () => {
  const text = large(1000)
  const [here, aside] = [parseProfile(text, NAME), await parseProfileAside(text, NAME)]
  expect(aside).toEqual(here)
  if (!aside.ok || !here.ok) throw new Error('it was refused')
  expect([...aside.value.places]).toEqual([...here.value.places])
  expect(aside.value.places.get('faults[999].latency')).toEqual({ file: 'large.yaml', line: 1002, column: 42 })
})

test('others have their turns meanwhile', async () => {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await parseProfileAside(large(2000), NAME)
  isOver = true
  expect(turns).toBeGreaterThan(10)
})

test('mistakes come back with all that they say', async () => {
  const text = `${large(1000)}  - {on: a, on: b}\nactve: true\n`
  const [here, aside] = [parseProfile(text, NAME), await parseProfileAside(text, NAME)]
  if (aside.ok || here.ok) throw new Error('it was taken')
  expect(aside.problems.map(({ message }) => message)).toEqual([
    'large.yaml:1003:13: faults[1000].on: it is there twice; expected one of the two',
    expect.stringMatching(/^large\.yaml:1004:1: actve: there is no such field; did you mean "active"\?/),
  ])
  expect(aside.problems).toEqual(here.problems)
  const broken = await parseProfileAside(`${large(1000)}]`, NAME)
  expect(broken.ok ? [] : broken.problems.map(({ message }) => message.slice(0, 38))).toEqual([
    'large.yaml:1003:1: this is not YAML: U',
  ])
})

test('several at once each get their own', async () => {
  const texts = Array.from({ length: 6 }, (_, at) => `labels: {at: "${at}"}\n${large(700)}`)
  const outcomes = await Promise.all(texts.map((text, at) => parseProfileAside(text, { name: `p${at}` })))
  expect(outcomes.map((outcome) => outcome.ok && [outcome.value.name, outcome.value.labels['at']])).toEqual(
    texts.map((_, at) => [`p${at}`, `${at}`]),
  )
})

const run = promisify(execFile)
const MODULE = new URL('../../../src/profiles/parse-aside.ts', import.meta.url).href

const PROGRAM = `
const { parseProfileAside } = await import(${JSON.stringify(MODULE)})
const text = 'faults:\\n' + '  - {on: pg, type: noop}\\n'.repeat(3000)
const outcome = await parseProfileAside(text, { name: 'p' })
console.log(outcome.ok && outcome.value.faults.length)`

test('a process ends although there was a thread', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM])
  expect(stdout).toBe('3000\n')
})

test('where there can be no thread, the text is read all the same', async () => {
  const { stdout } = await run(process.execPath, [
    '--permission',
    '--allow-fs-read=*',
    '--input-type=module',
    '-e',
    PROGRAM,
  ])
  expect(stdout).toBe('3000\n')
})
