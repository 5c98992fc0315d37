#!/usr/bin/env node
import { crashReport, nodeComplaint } from './cli/launch.ts'

const COMMAND = 'foulweather'

const complaint = nodeComplaint(COMMAND)
if (complaint !== undefined) {
  console.error(complaint)
  process.exit(1)
}

// Also meets rejections that nobody handles. The state is unknown then, and faults that live on in an unknown state are worse than
// none: the process goes, and its faults with it.
process.on('uncaughtException', (error) => {
  console.error(crashReport(COMMAND, error))
  process.exit(70)
})

// Loaded only now: the rest cannot be read by a Node that is too old.
const { runCli } = await import('./cli/program.ts')
const { outputFlushed, processContext } = await import('./cli/process-context.ts')

const exitCode = await runCli(process.argv.slice(2), processContext())
await outputFlushed()
process.exit(exitCode)
