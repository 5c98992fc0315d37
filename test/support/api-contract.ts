import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { request } from 'undici'
import { exampleOf } from '../../src/admin/openapi/example.ts'
import {
  METHODS,
  type JsonSchema,
  type Method,
  type OpenApiDocument,
  type OperationObject,
} from '../../src/admin/openapi/types.ts'
import { startServer, type RunningServer } from '../../src/server.ts'
import { eventually } from './wait.ts'

/** What a call can be made of where the document alone does not tell: by the name of the parameter, and by `operationId`. */
export interface Seeds {
  readonly parameters: Readonly<Record<string, string>>
  readonly operations: Readonly<Record<string, Seed>>
}

export interface Seed {
  readonly parameters?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Before the call. */
  readonly prepare?: (rig: ContractRig) => unknown
}

export interface Described {
  readonly method: Method
  readonly path: string
  readonly operation: OperationObject
}

export interface Call {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Answered {
  readonly status: number
  /** Without its parameters. */
  readonly type: string
  /** Of a stream without end: nothing. */
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const PROFILE = `description: for the contract
proxies:
  made:
    listen: localhost:0
    upstream: localhost:9
faults:
  - on: web
    type: latency
    latency: 1ms
`

/** A whole server with something of everything in it: a proxy, a fault, a live session, an exchange, a profile. */
export class ContractRig implements AsyncDisposable {
  readonly server: RunningServer
  readonly #stack: AsyncDisposableStack
  readonly #origin: string

  private constructor(server: RunningServer, origin: string, stack: AsyncDisposableStack) {
    this.server = server
    this.#origin = origin
    this.#stack = stack
  }

  static async start(): Promise<ContractRig> {
    const stack = new AsyncDisposableStack()
    const origin = createServer((_, response) => response.end('hello'))
    origin.listen(0, '127.0.0.1')
    await once(origin, 'listening')
    stack.defer(() => {
      origin.close()
      origin.closeAllConnections()
    })
    const server = await startServer({ seed: 1, admin: { port: 0 }, drainMs: 0 })
    stack.use(server)
    const rig = new ContractRig(server, `127.0.0.1:${(origin.address() as AddressInfo).port}`, stack)
    await rig.fill()
    return rig
  }

  get origin(): string {
    return `http://${this.server.address}`
  }

  /** Makes exist what is not there. */
  async fill(): Promise<void> {
    const { control } = this.server
    control.resume({})
    if (!control.proxies().some(({ name }) => name === 'web')) {
      await control.addProxy({ name: 'web', listen: '127.0.0.1:0', upstream: `http://${this.#origin}` })
    }
    const web = control.proxy('web')
    if (!web.enabled) await control.patchProxy('web', { enabled: true })
    if (!web.faults.some(({ plan }) => plan.name === 'slow')) {
      await control.addFault('web', { name: 'slow', type: 'latency', latency: 1, lease: '1h' })
    }
    if (!control.profiles.list().some(({ name }) => name === 'outage')) await control.profiles.put('outage', PROFILE)
  }

  /** The id of a session that has answered one request and lives on. */
  async session(): Promise<string> {
    const port = Number(this.server.control.proxy('web').listen.split(':').at(-1))
    const client = connect(port, '127.0.0.1')
    this.#stack.defer(() => void client.destroy())
    client.on('error', () => client.destroy()).write('GET /hello?a=1 HTTP/1.1\r\nHost: web\r\n\r\n')
    await (once(client, 'data') as Promise<[Socket]>)
    const { dataPlane } = this.server.control
    await eventually('the exchange is over', async () => (await dataPlane.exchanges()).length > 0)
    return (await dataPlane.sessions({}))[0]?.id ?? ''
  }

  async ask({ method, path, headers = {}, body }: Call): Promise<Answered> {
    const answer = await request(this.origin + path, {
      method: method.toUpperCase() as 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? ''
    if (type === 'text/event-stream') {
      answer.body.on('error', () => {}).destroy()
      return { status: answer.statusCode, type, text: '', headers: answer.headers }
    }
    return { status: answer.statusCode, type, text: await answer.body.text(), headers: answer.headers }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** The document that a server describes itself with, and whether answers are as it says. */
export class Contract {
  readonly document: OpenApiDocument
  readonly #ajv = new Ajv2020({ strict: false, logger: false })
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor(document: OpenApiDocument) {
    this.document = document
    this.#ajv.addFormat('date-time', (text: string) => new Date(text).toISOString() === text)
    this.#ajv.addSchema(document, 'api', undefined, false)
  }

  static async of(rig: ContractRig): Promise<Contract> {
    const { text } = await rig.ask({ method: 'GET', path: '/openapi.json' })
    return new Contract(JSON.parse(text) as OpenApiDocument)
  }

  get operations(): readonly Described[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => (item[method] === undefined ? [] : [{ method, path, operation: item[method] }])),
    )
  }

  example(schema: JsonSchema): unknown {
    return exampleOf(schema, this.document.components.schemas)
  }

  /** What an operation takes as its body, as the document shows it; `undefined`: nothing. */
  exampleBody({ operation }: Described): unknown {
    const media = Object.values(operation.requestBody?.content ?? {})
    const json = operation.requestBody?.content['application/json'] ?? media[0]
    return json === undefined ? undefined : this.example(json.schema)
  }

  /** What is not as the document says; `undefined`: nothing. */
  mismatch({ method, path, operation }: Described, answered: Answered): string | undefined {
    const { status, type, text } = answered
    const response = operation.responses[status]
    if (response === undefined) return `status ${status} is not documented: ${text.slice(0, 500)}`
    const { content } = response
    if (content === undefined) return text === '' ? undefined : `status ${status} has a body: ${text.slice(0, 100)}`
    const media = content[type]
    if (media === undefined)
      return `status ${status} has the type ${type || 'none'}, not ${Object.keys(content).join(', ')}`
    for (const name of Object.keys(response.headers ?? {})) {
      if (answered.headers[name.toLowerCase()] === undefined) return `status ${status} lacks ${name}`
    }
    if (type === 'application/x-ndjson') {
      for (const line of text.split('\n').filter((each) => each !== '')) JSON.parse(line)
      return undefined
    }
    const at = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'] as const
    const inner = media.schema['contentSchema'] === undefined ? at : ([...at, 'contentSchema'] as const)
    const isJson = type.endsWith('json') || inner !== at
    // What is one text by its schema is not looked into.
    if (!isJson) return media.schema['type'] === 'string' || text !== '' ? undefined : `status ${status} is empty`
    return this.#validate(inner, JSON.parse(text) as unknown)
  }

  #validate(at: readonly string[], value: unknown): string | undefined {
    const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `api#/${pointer}` })
    this.#compiled.set(pointer, validate)
    if (validate(value)) return undefined
    return `${JSON.stringify(validate.errors)} in ${JSON.stringify(value).slice(0, 1000)}`
  }
}

/** A path with its parameters in their places. */
export function pathOf(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`there is no seed for the parameter ${name} of ${path}`)
    return encodeURIComponent(value)
  })
}

/** What a call for the operation sends as its body, as text. */
export function bodyText(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}
