import { createAdminServer, type AdminServer, type AdminServerOptions } from '../../src/admin/server.ts'
import type { ControlChange } from '../../src/control/changes.ts'
import { ControlPlane, type ControlPlaneOptions } from '../../src/control/control-plane.ts'
import { createLocalDataPlane } from '../../src/engine/local-data-plane.ts'
import { faultFactory } from '../../src/faults/index.ts'
import type { ProfileFile } from '../../src/profiles/document.ts'
import { ManualClock } from './manual-clock.ts'

export interface JsonAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** `{}` where the text is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** An admin server whose control plane reads its profiles from `files`, with a clock that goes when it is told to. */
export class ProfileAdminRig implements AsyncDisposable {
  readonly clock = new ManualClock()
  /** By profile; read when the profiles are reloaded. */
  readonly files = new Map<string, ProfileFile>()
  readonly dataPlane = createLocalDataPlane({ seed: 1, factory: faultFactory })
  readonly control: ControlPlane
  readonly changes: ControlChange[] = []
  readonly admin: AdminServer

  constructor(options: Partial<ControlPlaneOptions> = {}, admin: Partial<AdminServerOptions> = {}) {
    this.control = new ControlPlane({
      dataPlane: this.dataPlane,
      seed: 1,
      clock: this.clock,
      profileSource: { read: async () => [...this.files.values()] },
      ...options,
    })
    this.control.events.on('changed', (change) => this.changes.push(change))
    this.admin = createAdminServer({ control: this.control, host: '127.0.0.1', port: 0, version: '1.2.3', ...admin })
  }

  /** Puts a file where the server finds it at its next reload. */
  save(name: string, text: string): void {
    this.files.set(name, { name, file: `profiles/${name}.yaml`, text })
  }

  async ask(
    method: string,
    url: string,
    body?: string | Buffer | object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<JsonAnswer> {
    const payload = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body
    const answer = await this.admin.hapi.inject({
      method,
      url,
      headers: { host: 'localhost:8474', ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    const text = answer.payload
    return { status: answer.statusCode, headers: answer.headers, text, body: asObject(text) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.close()
    await this.admin.stop()
    await this.dataPlane.close()
  }
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
