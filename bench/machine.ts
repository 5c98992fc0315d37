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

/** What was measured. */
export interface Commit {
  /** Twelve hexadecimal digits, or `unknown` outside a repository. */
  readonly hash: string
  /** The working tree differed from the commit when the run began. */
  readonly dirty: boolean
}

export async function describeCommit(): Promise<Commit> {
  const hash = await textOf('git', 'rev-parse', '--short=12', 'HEAD')
  if (hash === undefined || !/^[0-9a-f]+$/.test(hash)) return { hash: 'unknown', dirty: false }
  return { hash, dirty: (await textOf('git', 'status', '--porcelain')) !== '' }
}
