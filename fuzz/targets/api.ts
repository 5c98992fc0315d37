import { ERRORS } from '../../src/core/errors.ts'
import { FAULTS } from '../../src/faults/index.ts'
import { type JsonAnswer, ProfileAdminRig } from '../../test/support/profile-admin-rig.ts'
import { brief, hold, same } from '../checks.ts'
import { dictionary } from '../dictionary.ts'
import { closeSandbox } from '../sandbox.ts'
import type { FuzzTarget, OpenTarget } from '../target.ts'

const SEPARATOR = Buffer.from('\n\n')

/** Words of faults and of what every one of them may have, as an input may need them. */
const WORDS = [...new Set(FAULTS.flatMap(({ type, params }) => [type].concat(Object.keys(params.shape))))]

/** The admin API with a data plane behind it. An input is `METHOD /path`, an empty line, and the body. */
export const api: FuzzTarget = {
  name: 'api',
  about: 'calls of the admin API: bodies of faults, proxies, limits and profiles, paths and queries',
  code: ['src/admin/', 'src/control/', 'src/faults/', 'src/profiles/'],
  documents: {
    form: 'json',
    from: (input) => {
      const at = input.indexOf(SEPARATOR)
      return at < 0 ? input.length : at + SEPARATOR.length
    },
  },
  batch: 24,
  tokens: [...dictionary('api'), ...WORDS],
  open: () => Api.open(),
}

/** Streams have no end, and metrics and documents no input. */
const LEFT_OUT = /^\/(?:v1\/events|v1\/audit|metrics|docs|openapi\.json)/
const CALL = /^(GET|POST|PUT|PATCH|DELETE) (\/[\x21-\x7e]{0,800})$/

/** 5xx that say something of what is around the server, as they are documented. */
const OURS = new Set(['listen_failed', 'profiles_unreadable'])

class Api implements OpenTarget {
  readonly #sandbox = closeSandbox()
  readonly #rig = new ProfileAdminRig({ env: {} })

  static async open(): Promise<Api> {
    const opened = new Api()
    await opened.#furnish()
    return opened
  }

  async run(input: Buffer): Promise<void> {
    const at = input.indexOf(SEPARATOR)
    const head = input.toString('latin1', 0, at < 0 ? input.length : at)
    const body = at < 0 ? undefined : input.subarray(at + SEPARATOR.length)
    const [, method = '', url = ''] = CALL.exec(head) ?? []
    if (method === '' || LEFT_OUT.test(url) || !URL.canParse(url, 'http://h')) return
    const answer = await this.#rig.ask(method, url, body)
    check(answer, url)
    // What is around the server may be other the next time: a port that was taken is free.
    if (answer.status >= 400 && answer.status < 500) {
      const again = await this.#rig.ask(method, url, body)
      same(
        'refused twice',
        { status: again.status, detail: again.body['detail'] },
        { status: answer.status, detail: answer.body['detail'] },
      )
    }
    if (method !== 'GET') await this.#furnish()
  }

  async close(): Promise<void> {
    await this.#rig[Symbol.asyncDispose]()
    this.#sandbox[Symbol.dispose]()
  }

  /** Every input finds the same: two proxies, and a fault on each. What is as it was stays. */
  async #furnish(): Promise<void> {
    const { control } = this.#rig
    if (control.safety.halt !== undefined) control.resume({})
    for (const { name } of control.profiles.list()) await control.profiles.remove(name)
    for (const { name, revision } of control.proxies())
      if (revision !== this.#revisions.get(name)) await control.deleteProxy(name)
    for (const [name, protocol] of Object.entries(PROXIES)) {
      if (control.proxies().some((each) => each.name === name)) continue
      await control.addProxy({ name, protocol, listen: '127.0.0.1:0', upstream: '127.0.0.1:9' })
      await control.addFault(name, { name: 'f', type: 'latency', latency: 5, lease: '1h' })
      this.#revisions.set(name, control.proxy(name).revision)
    }
  }

  readonly #revisions = new Map<string, number>()
}

const PROXIES = { p: 'tcp', h: 'http' } as const

/** Toxiproxy answers 500 where it cannot listen, or cannot read where, in the words of Go. */
const ADDRESS_IN_USE_OR_WRONG = /^(listen|address|lookup) |port/

/** Whatever was sent: an answer of ours, and a refusal says what is wrong and where. */
function check({ status, text, body, headers }: JsonAnswer, url: string): void {
  hold(status >= 200 && status < 600, `status ${status}`)
  hold(text.isWellFormed(), `an answer with half a surrogate pair: ${brief(text)}`)
  if (status < 400) return
  const { code, detail } = body
  hold(
    status < 500 || OURS.has(String(code)) || ADDRESS_IN_USE_OR_WRONG.test(String(body['error'])),
    `a mistake of ours: ${status} ${brief(text)}`,
  )
  // The others refuse as Toxiproxy does.
  if (!url.startsWith('/v1/')) return
  hold(
    String(headers['content-type']).startsWith('application/problem+json'),
    `${status} of type ${brief(headers['content-type'])}: ${brief(text)}`,
  )
  hold(typeof code === 'string' && Object.hasOwn(ERRORS, code), `${status} without a code: ${brief(text)}`)
  hold(typeof detail === 'string' && detail !== '', `${status} without a word: ${brief(text)}`)
  if (status === 400) hold(hasPlace(body), `nothing is named: ${brief(text)}`)
}

function hasPlace(body: Readonly<Record<string, unknown>>): boolean {
  if (typeof body['field'] === 'string' || typeof body['line'] === 'number') return true
  const { problems } = body
  return Array.isArray(problems) && problems.length > 0
}
