import { EventEmitter } from 'node:events'
import pino from 'pino'
import { expect, test } from 'vitest'
import type { SessionInfo } from '../../../src/engine/data-plane.ts'
import type { EngineEvents } from '../../../src/engine/events.ts'
import { logChange, logEngineEvents, logRequest } from '../../../src/observe/event-log.ts'

type Line = Readonly<Record<string, unknown>>

function recorder(level: string) {
  const lines: Line[] = []
  const logger = pino(
    { level, base: null, timestamp: false, messageKey: 'message', formatters: { level: (word) => ({ level: word }) } },
    { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
  )
  const events = new EventEmitter<EngineEvents>()
  logEngineEvents(logger, events)
  return { lines, logger, events }
}

const session: SessionInfo = {
  id: '7',
  proxy: 'redis',
  ordinal: 1,
  state: 'ended',
  client: '127.0.0.1:5000',
  upstream: 'localhost:6379',
  upstreamAddress: '127.0.0.1:6379',
  started: '2026-01-01T00:00:00.000Z',
  ageMs: 12,
  bytes: { upstream: { received: 3, sent: 3 }, downstream: { received: 4, sent: 4 } },
  held: { upstream: 0, downstream: 0 },
  stages: { upstream: [], downstream: ['slow'] },
  touchedBy: ['gone', 'slow'],
  ending: { origin: 'client', reason: 'closed', at: '2026-01-01T00:00:01.000Z' },
}

test('proxies starting and stopping are lines of level info', () => {
  const { lines, events } = recorder('info')
  const place = { proxy: 'redis', listen: '127.0.0.1:1', upstream: 'localhost:2' }
  events.emit('proxy-started', place)
  events.emit('proxy-stopped', place)
  expect(lines).toEqual([
    { level: 'info', ...place, message: 'Started proxy' },
    { level: 'info', ...place, message: 'Terminated proxy' },
  ])
})

test('sessions are lines of level debug, and nothing at info', () => {
  const quiet = recorder('info')
  quiet.events.emit('session-opened', session)
  quiet.events.emit('session-ended', session)
  expect(quiet.lines).toEqual([])

  const { lines, events } = recorder('debug')
  events.emit('session-opened', { ...session, ending: null })
  events.emit('session-ended', session)
  const common = { level: 'debug', proxy: 'redis', session: '7', client: '127.0.0.1:5000', upstream: 'localhost:6379' }
  expect(lines).toEqual([
    { ...common, stages: session.stages, message: 'Accepted client' },
    {
      ...common,
      stages: session.stages,
      touchedBy: session.touchedBy,
      bytes: session.bytes,
      ageMs: 12,
      origin: 'client',
      reason: 'closed',
      message: 'Session ended',
    },
  ])
})

test('a failed dial is an error with the upstream and the reason', () => {
  const { lines, events } = recorder('info')
  const fields = { proxy: 'redis', session: '9', upstream: 'localhost:1', error: 'connect ECONNREFUSED 127.0.0.1:1' }
  events.emit('dial-failed', fields)
  expect(lines).toEqual([{ level: 'error', ...fields, message: 'Unable to open connection to upstream' }])
})

test('a storm of accept failures is one warning', () => {
  const { lines, events } = recorder('info')
  for (let i = 0; i < 100; i++) events.emit('accept-failed', { proxy: 'redis', error: 'EMFILE' })
  expect(lines).toEqual([
    { level: 'warn', proxy: 'redis', error: 'EMFILE', suppressed: 0, message: 'Unable to accept a client' },
  ])
})

test('a door that flaps is two lines, and one that cannot open again is an error', () => {
  const { lines, events } = recorder('info')
  const place = { proxy: 'redis', listen: '127.0.0.1:1' }
  for (let i = 0; i < 100; i++) {
    events.emit('door-shut', { ...place, fault: 'flap' })
    events.emit('door-opened', place)
  }
  events.emit('reopen-failed', { ...place, error: 'EADDRINUSE' })
  expect(lines).toEqual([
    { level: 'info', ...place, fault: 'flap', suppressed: 0, message: 'A fault refuses clients' },
    { level: 'info', ...place, suppressed: 0, message: 'Clients are taken again' },
    { level: 'error', ...place, error: 'EADDRINUSE', suppressed: 0, message: 'Unable to listen again' },
  ])
})

test('a worker that dies is a warning, and the one in its place a line', () => {
  const { lines, events } = recorder('info')
  events.emit('worker-died', { worker: 2, sessions: 7, error: 'out of memory' })
  events.emit('worker-replaced', { worker: 2 })
  expect(lines).toEqual([
    {
      level: 'warn',
      worker: 2,
      sessions: 7,
      error: 'out of memory',
      message: 'A worker has died, and its sessions with it; another takes its place',
    },
    { level: 'info', worker: 2, message: 'A new worker serves in the place of the one that died' },
  ])
})

test('what may not have been meant is a warning behind the change', () => {
  const { lines, logger } = recorder('info')
  const change = { revision: 1, action: 'fault-added', proxy: 'redis', fault: 'odd', before: null, after: {} }
  logChange(logger, { ...change, warnings: ['it does nothing'] })
  expect(lines).toEqual([
    { level: 'info', ...change, message: 'Changed' },
    {
      level: 'warn',
      proxy: 'redis',
      fault: 'odd',
      warnings: ['it does nothing'],
      message: 'A fault may do something else than was meant',
    },
  ])
})

test('a change is logged with what was before and what is now', () => {
  const { lines, logger } = recorder('info')
  const change = {
    revision: 1,
    action: 'fault-added',
    proxy: 'redis',
    fault: 'slow',
    before: null,
    after: { latency: 5 },
    actor: 'me',
  }
  logChange(logger, change)
  expect(lines).toEqual([{ level: 'info', ...change, message: 'Changed' }])
})

test('an answered request is a line of level debug, a bug of ours an error with its stack', () => {
  const { lines, logger } = recorder('debug')
  logRequest(logger, { method: 'GET', url: '/proxies', status: 200 })
  logRequest(logger, { method: 'GET', url: '/proxies', status: 500, error: new Error('oh') })
  expect(lines[0]).toEqual({ level: 'debug', method: 'GET', url: '/proxies', status: 200, message: 'Request' })
  expect(lines[1]).toMatchObject({ level: 'error', status: 500, err: { message: 'oh' } })
  expect(lines[1]).toHaveProperty('err.stack', expect.stringContaining('event-log.test'))
})
