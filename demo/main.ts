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
  let timer: NodeJS.Timeout
  if (process.stdout.isTTY) {
    const live = new LiveLines(process.stdout)
    const show = () => live.show(counterTable(rig.counters()))
    show()
    timer = setInterval(show, TERMINAL_REFRESH_MS)
  } else {
    let last = ''
    timer = setInterval(() => {
      const line = counterLine(rig.counters())
      if (line !== last) console.log(line)
      last = line
    }, LOG_REFRESH_MS)
  }
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
