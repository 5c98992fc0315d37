import { expect, test } from 'vitest'
import { formatAge, formatBytes, printTable } from '../../../src/cli/format.ts'
import { toxicLine } from '../../../src/cli/inspect.ts'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [5 * 2 ** 20, '5.0 MiB'],
  [2 ** 50, '1024.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0.4, '0ms'],
  [999, '999ms'],
  [1000, '1.0s'],
  [59_999, '59.9s'],
  [60_000, '1m00s'],
  [3_599_999, '59m59s'],
  [3_600_000, '1h00m'],
  [100 * 3_600_000 + 5 * 60_000, '100h05m'],
])('%d ms are %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text)
})

const COLUMNS = [
  { title: 'Name', text: (row: readonly string[]) => row[0] ?? '' },
  { title: 'Value', text: (row: readonly string[]) => row[1] ?? '', colour: () => 'green' as const },
]

function printed(terminal: boolean, env: Readonly<Record<string, string>> = {}): string {
  let text = ''
  const context = { out: (part: string) => void (text += part), err: () => {}, terminal, env }
  printTable(context, COLUMNS, [
    ['a', '1'],
    ['longer', '22'],
  ])
  return text
}

test('a table is tab-separated without a header where there is no terminal', () => {
  expect(printed(false)).toBe('a\t1\nlonger\t22\n')
})

const green = (text: string) => `\u001B[32m${text}\u001B[39m`
const bold = (text: string) => `\u001B[1m${text}\u001B[22m`

test('a table on a terminal has a header, aligned columns and colours', () => {
  expect(printed(true)).toBe(
    `${bold('Name  ')}  ${bold('Value')}\na       ${green('1    ')}\nlonger  ${green('22   ')}\n`,
  )
})

test('a toxic is one tab-separated line, its attributes in order of their names, its numbers written out', () => {
  const toxic = { name: 't', type: 'limit_data', stream: 'upstream', toxicity: 0.3, attributes: { b: 1_000_000, a: 0 } }
  expect(toxicLine(toxic)).toBe('t\ttype=limit_data\tstream=upstream\ttoxicity=0.30\tattributes=[\ta=0\tb=1000000\t]')
  expect(toxicLine({ ...toxic, attributes: {} })).toContain('attributes=[\t]')
})

test('NO_COLOR leaves the header and the columns, without colours', () => {
  expect(printed(true, { NO_COLOR: '1' })).toBe('Name    Value\na       1    \nlonger  22   \n')
})

// Names are anybody's: an escape sequence in one could repaint the terminal of whoever lists the proxies.
test('control characters are shown, not obeyed', () => {
  let text = ''
  const context = { out: (part: string) => void (text += part), err: () => {}, terminal: false, env: {} }
  printTable(context, COLUMNS, [['a\u001b[2J\nb', '\tc']])
  expect(text).toBe('a\\x1b[2J\\x0ab\t\\x09c\n')
})
