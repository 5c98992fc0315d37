import { faultFactory } from '../../src/faults/index.ts'
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'

/** The program of a test that needs a process of its own: one proxy in front of the upstream that is named on the command line. */
const plane = createLocalDataPlane({ seed: 1, factory: faultFactory })
const troubles = new Set<string>()
plane.events.on('accept-failed', ({ error }) => troubles.add(error))
plane.events.on('session-ended', ({ ending }) => troubles.add(`${ending?.origin}:${ending?.reason}`))
const upstream = process.argv[2] ?? ''
const plan = { name: 'p', listen: '127.0.0.1:0', upstream, enabled: true, protocol: 'tcp', faults: [] } as const
const [outcome] = await plane.apply({ put: [plan] })
process.stdout.write(`${outcome?.listen}\n`)
process.stdin.on('data', () => process.stdout.write(`${JSON.stringify([...troubles])}\n`))
process.stdin.on('end', () => process.exit(0))
