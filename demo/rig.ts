import type { SessionInfo } from '../src/engine/data-plane.ts'
import { startServer } from '../src/server.ts'
import type { RunningServer } from '../src/server.ts'
import { startDemoOrigin } from './origin.ts'
import { DemoError, portAdvice } from './options.ts'
import type { DemoPorts, PortName } from './options.ts'
import { startDemoPostgres } from './postgres.ts'
import type { ProxyCounters } from './screen.ts'

const HOST = '127.0.0.1'

/** Everything that the demo runs: two upstreams on ports that nobody needs to know, and Foulweather in front of them. */
export interface DemoRig extends AsyncDisposable {
  /** As bound. */
  readonly ports: DemoPorts
  counters(): Promise<readonly ProxyCounters[]>
}

/** @throws DemoError when a port is taken; everything is stopped again then. */
export async function startDemoRig(wanted: DemoPorts): Promise<DemoRig> {
  await using undo = new AsyncDisposableStack()
  // Foulweather first: a taken port is said at once, not after Postgres has started.
  const server = undo.use(await portOrAdvice('admin', startServer({ admin: { port: wanted.admin } })))
  const [origin, postgres] = await Promise.all([startDemoOrigin(), startDemoPostgres()])
  undo.use(origin)
  undo.use(postgres)
  const pg = await addProxy(server, 'pg', wanted, `${HOST}:${postgres.port}`)
  const web = await addProxy(server, 'web', wanted, `http://${HOST}:${origin.port}`)

  const lastEndings = new Map<string, SessionInfo>()
  server.control.dataPlane.events.on('session-ended', (session) => lastEndings.set(session.proxy, session))

  const stack = undo.move()
  return {
    ports: { pg, web, admin: portOf(server.address ?? '') },
    counters: () => counters(server, lastEndings),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function addProxy(server: RunningServer, name: PortName, wanted: DemoPorts, upstream: string): Promise<number> {
  const proxy = { name, listen: `${HOST}:${wanted[name]}`, upstream }
  const { listen } = await portOrAdvice(name, server.control.addProxy(proxy))
  return portOf(listen)
}

async function portOrAdvice<T>(name: PortName, start: Promise<T>): Promise<T> {
  try {
    return await start
  } catch (cause) {
    throw new DemoError(`${(cause as Error).message}; ${portAdvice(name)}`, { cause })
  }
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1))
}

async function counters(
  { control }: RunningServer,
  lastEndings: ReadonlyMap<string, SessionInfo>,
): Promise<readonly ProxyCounters[]> {
  const { proxies } = await control.dataPlane.snapshot()
  const snapshots = new Map(proxies.map((snapshot) => [snapshot.name, snapshot]))
  return control.proxies().map(({ name, enabled, faults }) => {
    const snapshot = snapshots.get(name)
    const ending = lastEndings.get(name)?.ending
    return {
      name,
      up: enabled,
      live: snapshot?.sessions.active ?? 0,
      sessions: snapshot?.sessions.total ?? 0,
      bytes: (snapshot?.bytes.upstream.sent ?? 0) + (snapshot?.bytes.downstream.sent ?? 0),
      faults: faults.map(({ plan }) => plan.name),
      applied: Object.values(snapshot?.faults ?? {}).reduce((sum, { applied }) => sum + applied, 0),
      lastEnding: ending ? `${ending.origin}: ${ending.reason}` : undefined,
    }
  })
}
