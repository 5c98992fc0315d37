#!/usr/bin/env node
import { crashReport, nodeComplaint } from './cli/launch.ts'

const COMMAND = 'toxiproxy-server'

const complaint = nodeComplaint(COMMAND)
if (complaint !== undefined) {
  console.error(complaint)
  process.exit(1)
}

// See main.ts.
process.on('uncaughtException', (error) => {
  console.error(crashReport(COMMAND, error))
  process.exit(70)
})

const { runToxiproxyServer } = await import('./cli/toxiproxy-server.ts')
const { outputFlushed, processContext } = await import('./cli/process-context.ts')

const exitCode = await runToxiproxyServer(process.argv.slice(2), processContext())
await outputFlushed()
process.exit(exitCode)
