/**
 * A server with a state file and nothing else, so that it starts quickly: what test/support/state-kills.ts kills. It is told in lines of JSON what to
 * do, and answers each with a line: what there is at first, then `true` as soon as it is done.
 */
import { enableCompileCache } from 'node:module'
import { createInterface } from 'node:readline'

enableCompileCache()
const { startServer } = await import('../../src/server.ts')
const { control } = await startServer({ stateFile: process.argv[2] ?? '', metrics: [] })

const there = control
  .proxies()
  .map(({ name, faults }) => [name, Object.fromEntries(faults.map(({ plan }) => [plan.name, plan.params['latency']]))])
answer(Object.fromEntries(there) as object)

for await (const line of createInterface({ input: process.stdin })) {
  const { method, proxy, fault, latency } = JSON.parse(line) as Record<'method' | 'proxy' | 'fault', string> & {
    latency: number
  }
  // Not listening: it is the state that is tested, and a port is soon somebody else's.
  if (method === 'create') await control.addProxy({ name: proxy, listen: ':1', upstream: ':9', enabled: false })
  if (method === 'delete') await control.deleteProxy(proxy)
  if (method === 'add') await control.addFault(proxy, { type: 'latency', name: fault, latency })
  if (method === 'update') await control.updateFault(proxy, fault, { latency })
  if (method === 'remove') await control.removeFault(proxy, fault)
  answer(true)
}

function answer(what: object | true): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
