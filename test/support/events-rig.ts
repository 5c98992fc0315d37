import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import pino from 'pino'
import { createAdminServer, type AdminServer, type AdminServerOptions } from '../../src/admin/server.ts'
import { createAudit, type Audit } from '../../src/observe/audit/audit.ts'
import { createEventHub, type EventHub, type EventHubOptions } from '../../src/observe/events/hub.ts'
import { ControlRig } from './admin-rig.ts'
import { eventually } from './wait.ts'

/** An admin server with events and audit, a control plane and a real data plane. */
export class EventsRig extends ControlRig {
  readonly hub: EventHub
  readonly audit: Audit
  readonly admin: AdminServer

  constructor(hub: Partial<EventHubOptions> = {}, admin: Partial<AdminServerOptions> = {}) {
    super()
    const { control, dataPlane } = this
    this.hub = createEventHub({ control, dataPlane, ...hub })
    this.audit = createAudit({ control, logger: pino({ level: 'silent' }) })
    const { hub: events, audit } = this
    this.admin = createAdminServer({ control, host: '127.0.0.1', port: 0, version: '1.2.3', events, audit, ...admin })
  }

  static async listening(
    hub: Partial<EventHubOptions> = {},
    admin: Partial<AdminServerOptions> = {},
  ): Promise<EventsRig> {
    const rig = new EventsRig(hub, admin)
    await rig.admin.start()
    return rig
  }

  get url(): string {
    return `http://${this.admin.address}`
  }

  /** A proxy that leads nowhere. */
  async proxy(name: string, upstream = '127.0.0.1:1'): Promise<string> {
    return (await this.control.createProxy({ name, listen: '127.0.0.1:0', upstream })).listen
  }

  follow(query = '', headers: Record<string, string> = {}): Promise<Follower> {
    return Follower.open(`${this.url}/v1/events${query}`, headers)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.admin.stop()
    await this.audit.close()
    await super[Symbol.asyncDispose]()
  }
}

export interface Told {
  readonly id: string | undefined
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Somebody who follows `/v1/events` over a connection of its own; blocks are read as they stand, by no parser of ours. */
export class Follower implements Disposable {
  readonly response: IncomingMessage
  text = ''

  private constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => (this.text += text))
    response.on('error', () => {})
  }

  /** Answers when the first block has come: from then on everything is told. */
  static async open(url: string, headers: Record<string, string>): Promise<Follower> {
    const request = httpRequest(url, { headers, agent: false })
    request.on('error', () => {})
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const follower = new Follower(response)
    await eventually('the stream begins', () => response.statusCode !== 200 || follower.text.includes('\n\n'))
    return follower
  }

  get blocks(): readonly string[] {
    return this.text.split('\n\n').slice(0, -1)
  }

  get events(): readonly Told[] {
    return this.blocks.flatMap((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const event = field('event')
      if (event === undefined) return []
      return [{ id: field('id'), event, data: JSON.parse(field('data') ?? '') as Told['data'] }]
    })
  }

  get names(): readonly string[] {
    return this.events.map(({ event }) => event)
  }

  /** The id that a browser would send when it comes back. */
  get lastId(): string {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
  }

  get ended(): boolean {
    return this.response.readableEnded || this.response.closed
  }

  /** As soon as there are so many. */
  told(count: number): Promise<readonly Told[]> {
    return eventually(`${count} events, of ${this.names.join(' ')}`, () => this.events.length >= count && this.events)
  }

  async until(event: string): Promise<Told> {
    return eventually(`an event ${event}, of ${this.names.join(' ')}`, () =>
      this.events.find((each) => each.event === event),
    )
  }

  [Symbol.dispose](): void {
    this.response.destroy()
  }
}
