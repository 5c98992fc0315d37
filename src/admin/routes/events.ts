import { Readable } from 'node:stream'
import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import type { EventFilter } from '../../observe/events/filter.ts'
import type { EventHub } from '../../observe/events/hub.ts'
import { type Position, readPosition } from '../../observe/events/position.ts'
import { EventStream } from '../../observe/events/stream.ts'
import { EVENT_TYPES } from '../../observe/events/types.ts'
import { nameList } from '../name-list.ts'
import type { Operation } from '../operation.ts'
import { oneName, readQuery } from '../query.ts'

const parameters = z.strictObject({
  type: nameList(EVENT_TYPES).optional(),
  proxy: oneName.optional(),
  profile: oneName.optional(),
  last_event_id: z
    .string('one id')
    .transform((text, context) => {
      const position = readPosition(text)
      if (position !== undefined) return position
      context.addIssue({ code: 'custom', message: 'the id of an event, such as k3f9x2-12' })
      return z.NEVER
    })
    .optional(),
})

const operation: Operation = {
  id: 'followEvents',
  tag: 'events',
  summary: 'Follow what happens',
  description:
    'Server-sent events (WHATWG HTML, section 9.2): changes to what is in force, sessions, injections (sampled once a second), crossed limits. Each has an `id`, its name as `event`, and one line of ' +
    'JSON as `data`. With the header `Last-Event-ID` the stream goes on behind that event; where some are gone, an event `missed` says so first. A comment comes every 15 s. Whoever does not keep up is disconnected.',
  query: [
    {
      name: 'type',
      description: 'Only events of these names: several with commas, `*` for any characters (`fault-*`).',
      schema: z.string(),
    },
    { name: 'proxy', description: 'Only what is about this proxy, its faults and its sessions.', schema: z.string() },
    {
      name: 'profile',
      description: 'Only what is about this profile and what it has put in force.',
      schema: z.string(),
    },
    { name: 'last_event_id', description: 'As the header `Last-Event-ID`, which wins.', schema: z.string() },
  ],
  headers: [
    {
      name: 'Last-Event-ID',
      description: 'The `id` of the last event that was seen: the stream goes on behind it.',
      schema: z.string(),
    },
  ],
  answers: { 200: { description: 'The events, without end.', type: 'text/event-stream' } },
  errors: ['invalid_value', 'too_many_subscribers'],
}

/** Everything that happens, as it happens. */
export function eventRoutes(hub: EventHub | undefined): readonly ServerRoute[] {
  if (hub === undefined) return []
  return [
    {
      method: 'GET',
      path: '/v1/events',
      options: { app: { operation, role: 'viewer' } },
      handler: (request, h) => follow(hub, request, h),
    },
  ]
}

function follow(hub: EventHub, request: Request, h: ResponseToolkit) {
  const { last_event_id: asked, ...filter } = readQuery(parameters, request.query)
  const after = readHeader(request.raw.req.headers['last-event-id']) ?? asked
  const stream = request.method === 'head' ? noEvents() : openStream(hub, defined(filter), after, request)
  const response = h.response(stream).type('text/event-stream').header('cache-control', 'no-store')
  // The type has one encoding.
  response.charset('')
  // Proxies that gather answers (nginx) are asked not to.
  return response.header('x-accel-buffering', 'no')
}

function noEvents(): Readable {
  const stream = new Readable()
  stream.push(null)
  return stream
}

function openStream(hub: EventHub, filter: EventFilter, after: Position | undefined, { raw }: Request): EventStream {
  const { req, res } = raw
  const stream = new EventStream({
    hub,
    filter,
    after,
    unsent: () => res.writableLength,
    disconnect: () => req.socket.destroy(),
  })
  if (res.destroyed) stream.destroy()
  else res.once('close', () => stream.destroy())
  return stream
}

/** A browser sends what some server at this address has said before: what is none of our ids is one of another process. */
function readHeader(header: string | readonly string[] | undefined): Position | undefined {
  if (typeof header !== 'string' || header === '') return undefined
  return readPosition(header) ?? { epoch: '', number: 0 }
}
