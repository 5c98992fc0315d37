import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createAdminServer, type AdminServer, type AdminServerOptions } from '../../src/admin/server.ts'
import type { ControlChange } from '../../src/control/changes.ts'
import { ControlPlane } from '../../src/control/control-plane.ts'
import type { DataPlane } from '../../src/engine/data-plane.ts'
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../src/faults/index.ts'

/** A control plane on a real data plane. */
export class ControlRig implements AsyncDisposable {
  readonly dataPlane: DataPlane
  readonly control: ControlPlane
  /** What the control plane has told, in order. */
  readonly changes: ControlChange[] = []

  constructor(dataPlane: DataPlane = createLocalDataPlane({ seed: 1, factory: faultFactory })) {
    this.dataPlane = dataPlane
    this.control = new ControlPlane({ dataPlane, seed: 1 })
    this.control.events.on('changed', (change) => this.changes.push(change))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.close()
    await this.dataPlane.close()
  }
}

/** An admin server, a control plane and a real data plane. Without `listen` it is asked through `inject`. */
export class AdminRig extends ControlRig {
  readonly admin: AdminServer

  constructor(options: Partial<AdminServerOptions> = {}, dataPlane?: DataPlane) {
    super(dataPlane)
    this.admin = createAdminServer({
      control: this.control,
      host: '127.0.0.1',
      port: 0,
      version: '1.2.3',
      ...options,
    })
  }

  static async listening(options: Partial<AdminServerOptions> = {}, dataPlane?: DataPlane): Promise<AdminRig> {
    const rig = new AdminRig(options, dataPlane)
    await rig.admin.start()
    return rig
  }

  get url(): string {
    return `http://${this.admin.address}`
  }

  get port(): number {
    return Number(this.admin.address.split(':').at(-1))
  }

  async ask(
    method: string,
    url: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const payload = body === undefined ? {} : { payload: body }
    const answer = await this.admin.hapi.inject({
      method,
      url,
      headers: { host: 'localhost:8474', ...headers },
      ...payload,
    })
    return { status: answer.statusCode, body: answer.payload, headers: answer.headers }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.admin.stop()
    await super[Symbol.asyncDispose]()
  }
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** An upstream that sends back what it is sent, half-close included. */
export async function echoServer(): Promise<AsyncDisposable & { readonly address: string; readonly server: Server }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

/** A client of the proxy that listens at `listen`, in front of an echo; its first byte has come back. */
export async function echoedClient(listen: string): Promise<Socket> {
  const client = connect(Number(listen.split(':').at(-1)), '127.0.0.1')
  client.on('error', () => client.destroy())
  await once(client, 'connect')
  client.write('x')
  await once(client, 'data')
  return client
}
