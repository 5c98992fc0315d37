import type { ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { Operation } from '../operation.ts'
import { healthShape, statusShape } from '../shapes/status.ts'

/** `/healthz`: the process answers. `/v1/status`: what it is and what it is doing. */
export function statusRoutes(control: ControlPlane, version: string): readonly ServerRoute[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      options: { app: { open: true, operation: HEALTH } },
      handler: () => ({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/v1/status',
      options: { app: { operation: STATUS } },
      handler: () => status(control, version),
    },
  ]
}

async function status(control: ControlPlane, version: string) {
  const snapshot = await control.dataPlane.snapshot()
  const { bytes, limit, perSessionLimit } = snapshot.held
  const proxies = control.proxies()
  return {
    version,
    node: process.versions.node,
    seed: control.seed,
    uptimeMs: Math.round(process.uptime() * 1000),
    workers: control.dataPlane.workers(),
    revision: control.revision,
    halted: control.safety.halt ?? null,
    proxies: { total: proxies.length, enabled: proxies.filter(({ enabled }) => enabled).length },
    faults: proxies.reduce((sum, { faults }) => sum + faults.length, 0),
    sessions: {
      active: snapshot.proxies.reduce((sum, { sessions }) => sum + sessions.active, 0),
      total: snapshot.proxies.reduce((sum, { sessions }) => sum + sessions.total, 0),
    },
    decisions: snapshot.decisions,
    held: { bytes, limit, perSessionLimit },
  }
}

const TAG = 'Server'

const HEALTH: Operation = {
  id: 'getHealth',
  tag: TAG,
  summary: 'Says that the process answers. No token is wanted.',
  answers: { 200: { description: 'It does.', schema: healthShape } },
}

const STATUS: Operation = {
  id: 'getStatus',
  tag: TAG,
  summary: 'Version, seed, revision, counts and limits.',
  answers: { 200: { description: 'They.', schema: statusShape } },
}
