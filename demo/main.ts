/** `npm start`: Foulweather in front of an embedded Postgres and a small web site, what to try, and what is going on. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { demoCommands } from './commands.ts'
import { DemoError, HELP, readOptions } from './options.ts'
import type { DemoPorts } from './options.ts'
import { startDemoRig } from './rig.ts'
import type { DemoRig } from './rig.ts'
import { counterLine, counterTable, introduction, LiveLines } from './screen.ts'
import type { ProxyCounters } from './screen.ts'

const TERMINAL_REFRESH_MS = 500
const LOG_REFRESH_MS = 5_000

try {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options === 'help') process.stdout.write(HELP)
  else await runDemo(options)
} catch (error) {
  if (!(error instanceof DemoError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function runDemo(ports: DemoPorts): Promise<void> {
  // A reader that goes away (`npm start | head`) ends the demo as well. Nothing that is written after that may end it with a stack.
  const unread = new Promise((resolve) => void process.stdout.on('error', resolve))
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), unread])
  console.log('Starting …')
  await using rig = await startDemoRig(ports)
  console.log(introduction(rig.ports, demoCommands(rig.ports, await hasPsql())))
  using _ = showCounters(rig)
  await stopped
  console.log('\nStopping …')
}

async function hasPsql(): Promise<boolean> {
  return await promisify(execFile)('psql', ['--version']).then(
    () => true,
    () => false,
  )
}

/** In place on a terminal; elsewhere a line now and then, when something has changed. */
function showCounters(rig: DemoRig): Disposable {
  const show = process.stdout.isTTY ? inPlace() : byLines()
  let over = false
  const look = async (): Promise<void> => {
    const counters = await rig.counters()
    if (!over) show(counters)
  }
  if (process.stdout.isTTY) void look()
  const timer = setInterval(() => void look(), process.stdout.isTTY ? TERMINAL_REFRESH_MS : LOG_REFRESH_MS)
  return {
    [Symbol.dispose]() {
      over = true
      clearInterval(timer)
    },
  }
}

function inPlace(): (counters: readonly ProxyCounters[]) => void {
  const live = new LiveLines(process.stdout)
  return (counters) => live.show(counterTable(counters))
}

function byLines(): (counters: readonly ProxyCounters[]) => void {
  let last = ''
  return (counters) => {
    const line = counterLine(counters)
    if (line !== last) console.log(line)
    last = line
  }
}
