import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What the kernel says about processes, from /proc. CPU time is exact to one clock tick (10 ms as a rule). */

const ticksPerSecond = (): number => (ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })))
let ticks: number | undefined

/** User and system time in clock ticks, from the text of /proc/<pid>/stat. */
export function cpuTicks(stat: string): number {
  // The command, in parentheses, may itself hold spaces and parentheses: count fields from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Resident bytes, from the text of /proc/<pid>/status. */
export function residentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** The most resident bytes that there were since the process began, or since `resetPeak`, from the text of /proc/<pid>/status. */
export function peakResidentBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** A process and everything it has started that still runs. */
export function processTree(root: number): number[] {
  const tree = [root]
  for (const pid of tree) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      tree.push(...childrenOf(pid, thread))
    }
  }
  return tree
}

/** None of a thread that has ended since it was listed. */
function childrenOf(pid: number, thread: string): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** CPU time, user and system, that a process and what it has started have used so far. */
export function cpuSeconds(root: number): number {
  const sum = processTree(root).reduce((sum, pid) => sum + cpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')), 0)
  return sum / ticksPerSecond()
}

/** Resident memory of a process and what it has started. Pages shared between them count more than once. */
export function memoryBytes(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + residentBytes(readFileSync(`/proc/${pid}/status`, 'utf8')), 0)
}

/** The most resident memory since `resetPeak`, of a process and what it has started: a sum of peaks, which need not have been at one time. */
export function peakBytes(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + peakResidentBytes(readFileSync(`/proc/${pid}/status`, 'utf8')), 0)
}

/** Has the kernel forget the peaks so far. Where it does not allow that, peaks are those of the whole life of a process: answers whether. */
export function resetPeak(root: number): boolean {
  try {
    for (const pid of processTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
    return true
  } catch {
    return false
  }
}

/** How many connections a proxy can relay at once here: each takes two files, and the rest is for everything else that it opens. */
export const relayLimit = (): number => Math.floor((fileLimit() - OTHER_FILES) / 2)

/** How many files a proxy must be allowed to open for that many connections. */
export const filesFor = (sessions: number): number => 2 * sessions + OTHER_FILES

const OTHER_FILES = 500

/** How many files a process of ours may open: the hard limit, to which Node raises its soft one and those of its children. */
function fileLimit(): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return limit === undefined || limit === 'unlimited' ? 1_000_000 : Number(limit)
}
