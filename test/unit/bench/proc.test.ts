import { describe, expect, test } from 'vitest'
import {
  cpuSeconds,
  cpuTicks,
  filesFor,
  memoryBytes,
  peakBytes,
  peakResidentBytes,
  processTree,
  relayLimit,
  resetPeak,
  residentBytes,
} from '../../../bench/proc.ts'
import { Program } from '../../../bench/program.ts'

describe('the texts of /proc', () => {
  test('user and system ticks are found behind a command with spaces and parentheses', () => {
    const stat = '4711 (a) (b c) S 1 4711 4711 0 -1 4194304 100 0 0 0 250 75 9000 9000 20 0 11 0 12345'
    expect(cpuTicks(stat)).toBe(325)
  })

  test('resident memory is read in bytes; a kernel thread has none', () => {
    expect(residentBytes('Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t   1234 kB\nRssAnon:\t 1 kB\n')).toBe(1234 * 1024)
    expect(residentBytes('Name:\tkthreadd\n')).toBe(0)
    expect(peakResidentBytes('Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t   1234 kB\n')).toBe(999 * 1024)
  })
})

describe.runIf(process.platform === 'linux')('live processes', () => {
  test('what a program has started counts as its own', async () => {
    await using shell = new Program('sh', ['-c', 'sleep 30 & wait'])
    const tree = await shell.until('its child', () => {
      const tree = processTree(shell.pid)
      return tree.length > 1 ? tree : undefined
    })
    expect(tree[0]).toBe(shell.pid)
    expect(memoryBytes(shell.pid)).toBeGreaterThan(memoryBytes(tree[1]!))
    process.kill(tree[1]!)
  })

  test('CPU time grows with work', () => {
    const before = cpuSeconds(process.pid)
    for (const end = performance.now() + 100; performance.now() < end;) JSON.stringify([before])
    expect(cpuSeconds(process.pid)).toBeGreaterThan(before)
  })

  test('the number of connections that may be relayed is a number, and so many files are enough for it', () => {
    expect(relayLimit()).toBeGreaterThan(0)
    expect(filesFor(relayLimit())).toBeGreaterThanOrEqual(2 * relayLimit())
  })

  test('a peak is remembered when the memory is given back, until it is reset', async () => {
    const script = "let b = Buffer.alloc(200e6, 1); b = undefined; gc(); console.log('1'); setInterval(() => {}, 1000)"
    await using program = new Program(process.execPath, ['--expose-gc', '-e', script])
    await program.firstLine()
    expect(peakBytes(program.pid) - memoryBytes(program.pid)).toBeGreaterThan(100e6)
    // Not every kernel, and not every container, allows it.
    expect(resetPeak(program.pid) ? peakBytes(program.pid) : 0).toBeLessThan(200e6)
  })
})
