import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { type ErrorCode, FoulweatherError } from '../core/errors.ts'
import type { Caller } from './roles.ts'
import { digestOf, NOTHING, sha256, type Token } from './tokens.ts'

/** Who may call the admin API. */
export interface AccessRules {
  /** One of these is wanted as `Authorization: Bearer <token>`; without any, everybody may do everything. */
  readonly tokens: Tokens
  /** Host names beyond those that need no permission. */
  readonly allowHosts: readonly string[]
}

/**
 * Refuses what a web page could send: a page of a name that was made to resolve to this machine (by its Host), and a page of
 * another origin (by its Origin, or by what the browser says where it sends none).
 *
 * @throws FoulweatherError `host_refused`, `origin_refused`.
 */
export function checkCaller(headers: IncomingHttpHeaders, { allowHosts }: Pick<AccessRules, 'allowHosts'>): void {
  const { host, origin } = headers
  // Only HTTP/1.0 programs send none; every browser does.
  if (host !== undefined && !hostAllowed(host, allowHosts)) throw refusal('host_refused', 'Host', host, HOSTS)
  if (origin !== undefined && !isOwnOrigin(origin, host)) throw refusal('origin_refused', 'Origin', origin, ORIGINS)
  if (origin === undefined) refuseEmbedding(headers)
}

/**
 * A GET for an image or a script of a page has no Origin. Its page cannot read the answer, but it could hold all the places of those who listen to events.
 * A link that somebody follows is welcome.
 */
function refuseEmbedding({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
}: IncomingHttpHeaders): void {
  if (site !== 'cross-site' && site !== 'same-site') return
  if (mode === 'navigate' && dest === 'document') return
  throw refusal('origin_refused', 'Sec-Fetch-Site', site, 'same-origin, none, or a link that is followed')
}

const HOSTS = 'an IP address, localhost, a single-label name, or a name allowed with --allow-host'
const ORIGINS = 'none, or the one that the Host header names'

function refusal(code: ErrorCode, field: string, value: string, expected: string): FoulweatherError {
  const text = `${field} is ${JSON.stringify(value)}; the admin API accepts ${expected}`
  return new FoulweatherError(code, text, { field, value, expected })
}

/** Whether the browser itself says that the request comes from a page of this server. */
export function isSameOrigin({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return site === 'same-origin' || (origin !== undefined && isOwnOrigin(origin, host))
}

/** The name of the token that is given by itself, by `--token`. */
const ADMIN = 'admin'

/** @param name of the token; nothing of the token itself is told. */
function unfit(name: string, what: string, expected: string): FoulweatherError {
  const text = `the token of ${JSON.stringify(name)} ${what}; expected ${expected}`
  return new FoulweatherError('invalid_value', text, { field: 'token', expected })
}

/** The tokens that open the admin API. */
export class Tokens {
  readonly #known: readonly { readonly digest: Buffer; readonly caller: Caller }[]

  /**
   * @param admin one more, of the role `admin` and of that name.
   * @throws FoulweatherError `invalid_value` where another one is called so too (nobody could tell who has done what), where two are the same token
   *   (nobody could tell which role it has), and where one is empty (whoever sends none would have it).
   */
  constructor(tokens: readonly Token[] = [], admin?: string) {
    if (admin !== undefined && tokens.some(({ name }) => name === ADMIN)) {
      const expected = `another name than ${ADMIN}, or no --token`
      const text = `a token is called ${ADMIN}, as the one of --token is; expected ${expected}`
      throw new FoulweatherError('invalid_value', text, { field: 'name', value: ADMIN, expected })
    }
    const own: readonly Token[] = admin === undefined ? [] : [{ name: ADMIN, role: 'admin', token: admin }]
    this.#known = [...own, ...tokens].map((token) => {
      const { name, role } = token
      return { digest: digestOf(token), caller: { name, role } }
    })
    this.#refuseUnfit()
  }

  #refuseUnfit(): void {
    const seen = new Map<string, string>()
    for (const { digest, caller } of this.#known) {
      const { name = '' } = caller
      if (digest.equals(NOTHING)) throw unfit(name, 'is empty', 'a token with something in it')
      const other = seen.get(digest.toString('hex'))
      if (other !== undefined) throw unfit(name, `is the same as that of ${JSON.stringify(other)}`, 'another token')
      seen.set(digest.toString('hex'), name)
    }
  }

  get any(): boolean {
    return this.#known.length > 0
  }

  /** All of them are looked at, so that the time taken tells nothing. */
  find(given: string): Caller | undefined {
    const digest = sha256(given)
    let found: Caller | undefined
    for (const { digest: known, caller } of this.#known) if (timingSafeEqual(digest, known)) found = caller
    return found
  }
}

/** @throws FoulweatherError `unauthorized`. */
export function checkToken({ authorization }: IncomingHttpHeaders, { tokens }: Pick<AccessRules, 'tokens'>): Caller {
  if (!tokens.any) return { role: 'admin' }
  const caller = tokens.find(/^bearer +(.*)$/i.exec(authorization ?? '')?.[1] ?? '')
  if (caller !== undefined) return caller
  const why = authorization === undefined ? 'there is no Authorization header' : 'the token is not the right one'
  throw new FoulweatherError('unauthorized', `${why}; send Authorization: Bearer <token>`, {
    field: 'Authorization',
    expected: 'Bearer <token>',
  })
}

/** Never delegated to anybody; container engines call their host `host.docker.internal` and `host.containers.internal`. */
const OWN_ZONES = ['.localhost', '.docker.internal', '.containers.internal']

/** Names that no page of the web can have: addresses, this machine, single labels (containers, hosts files), and allowed ones. */
function hostAllowed(host: string, allowHosts: readonly string[]): boolean {
  const name = hostName(host)
  if (name === undefined) return false
  if (isIP(name) !== 0 || name === 'localhost' || OWN_ZONES.some((zone) => name.endsWith(zone))) return true
  return /^[a-z0-9_-]+$/.test(name) || allowHosts.some((allowed) => allowed.toLowerCase() === name)
}

/** The name in a Host header: lower case, without port, brackets and final dot. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/[\]]+))(?::\d*)?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '')
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin)
  return host !== undefined && match?.[1]?.toLowerCase() === host.toLowerCase()
}
