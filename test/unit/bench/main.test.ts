import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CASES } from '../../../bench/cases/index.ts'
import { benchFile, Program } from '../../../bench/program.ts'
import { readResults } from '../../../bench/results-file.ts'
import { allRivals } from '../../../bench/rivals/index.ts'
import { download, RESULTS } from './made-up-results.ts'

const DEADLINE_MS = 20_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foulweather-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function outputOf(...args: readonly string[]): Promise<string> {
  await using program = Program.node('main.ts', ...args)
  return await program.output(DEADLINE_MS)
}

function file(name: string, value: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(value))
  return join(folder, name)
}

test('--list names every case and every rival, and marks what a quick run leaves out', async () => {
  const text = await outputOf('--list')
  for (const one of [...CASES, ...allRivals({ dist: false })]) {
    const mark = ('heavy' in one && one.heavy ? ' [heavy]' : '') + ('slow' in one && one.slow ? ' [slow]' : '')
    expect(text).toContain(`  ${one.name.padEnd(28)}${one.summary}${mark}\n`)
  }
})

test('a case that does not exist is an error that tells the ones that do', async () => {
  await expect(outputOf('--only', 'speed')).rejects.toThrow(/exit 2 there is no case speed: there are bulk, /)
})

test('names of cases, of groups and of rivals are unique', () => {
  const groups = new Set(CASES.flatMap(({ group }) => group ?? []))
  for (const all of [[...CASES, ...[...groups].map((name) => ({ name }))], allRivals({ dist: false })]) {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  }
})

test('--compare prints what changed', async () => {
  const slower = { ...RESULTS, samples: download('haproxy', { cpu: 0.8 }, { cpu: 0.9 }) }
  const text = await outputOf('--compare', file('a.json', RESULTS), file('b.json', slower))
  expect(text).toContain('| bulk, download | haproxy | CPU s/GB | 0.40 | 0.85 (0.80–0.90) | 2.13 | ▲ higher |')
})

test('--compare and --plots end with 2 for a file that they cannot use, and say why without the usage', async () => {
  const bad = file('bad.json', { samples: [] })
  await expect(outputOf('--compare', bad, bad)).rejects.toThrow(/exit 2 \S+bad\.json is no results file[^\n]*$/)
  await expect(outputOf('--plots', join(folder, 'none.json'))).rejects.toThrow(/exit 2 \S+none\.json cannot be read/)
})

test('--plots draws beside the file, or where it is told to', async () => {
  await outputOf('--plots', file('a.json', RESULTS))
  await outputOf('--plots', join(folder, 'a.json'), '--out', join(folder, 'out'))
  const drawn = ['a-cpu-haproxy.svg', 'a-throughput.svg']
  expect(readdirSync(folder).sort()).toEqual([...drawn, 'a.json', 'out'].sort())
  expect(readdirSync(join(folder, 'out')).sort()).toEqual(drawn)
})

test.runIf(process.platform === 'linux')(
  'a signal ends a run with 130, and what was measured by then is written',
  async () => {
    const args = ['connections', '--rivals', 'direct', '--quick', '--rounds', '100', '--out', folder]
    const run = spawn(process.execPath, [benchFile('main.ts'), ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    run.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (text.includes('connections  round 1 direct')) run.kill('SIGINT')
    })
    await once(run, 'close')
    expect({ code: run.exitCode, said }).toMatchObject({ code: 130 })
    const json = readdirSync(folder).find((name) => name.endsWith('.json')) ?? ''
    const results = readResults(join(folder, json))
    expect(results).toMatchObject({ interrupted: true, cases: [{ name: 'connections' }], failures: [] })
    expect(results.samples[0]).toMatchObject({ case: 'connections', rival: 'direct', round: 1 })
    expect(results.samples.length).toBeLessThan(100)
    expect(readdirSync(folder)).toContain(json.replace('.json', '.md'))
  },
)
