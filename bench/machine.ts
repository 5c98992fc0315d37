import { cpus, loadavg, release, totalmem } from 'node:os'
import { textOf } from './program.ts'

/** Where a result comes from. Without it a figure says nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  /** Of the minute before the run: what else the machine was doing. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  const cores = cpus()
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
    kernel: release(),
    loadBefore: loadavg()[0] ?? 0,
  }
}

/** The commit that was measured, with `+` behind it when the working tree differs from it. */
export async function describeCommit(): Promise<string> {
  const commit = await textOf('git', 'rev-parse', '--short=12', 'HEAD')
  if (commit === undefined || !/^[0-9a-f]+$/.test(commit)) return 'unknown'
  const changes = await textOf('git', 'status', '--porcelain')
  return changes === '' ? commit : `${commit}+`
}
