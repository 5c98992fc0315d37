/**
 * Every error that a user can meet: a stable code, the HTTP status it answers with, and what it means.
 * docs/errors.md is generated from this table.
 */
export const ERRORS = {
  bad_request_body: {
    status: 400,
    title: 'The request body cannot be read',
    help: 'Send JSON of the documented shape; the text says what was found where.',
  },
  missing_field: { status: 400, title: 'A required field is missing', help: 'Add the field that the text names.' },
  invalid_value: {
    status: 400,
    title: 'A value is not acceptable',
    help: 'The text names the field, the value and what would be right.',
  },
  invalid_direction: {
    status: 400,
    title: 'The direction of a fault is not known',
    help: 'Use `upstream` (client → server) or `downstream` (server → client); under `/v1` also `both`, where the type takes it.',
  },
  invalid_fault_type: {
    status: 400,
    title: 'The type of a fault is not known',
    help: '`GET /v1/fault-types` lists the types; the text names the nearest one.',
  },
  unauthorized: {
    status: 401,
    title: 'The admin API wants a token',
    help: 'Send `Authorization: Bearer <token>` with the token the server was started with.',
  },
  host_refused: {
    status: 403,
    title: 'The Host header names a foreign host',
    help: 'Call the admin API by IP address, localhost or a single-label name, or allow the name with `--allow-host`.',
  },
  origin_refused: {
    status: 403,
    title: 'A web page of a foreign origin called the admin API',
    help: 'Call the admin API from its own origin or from a program that is not a browser.',
  },
  proxy_not_found: {
    status: 404,
    title: 'No proxy of that name',
    help: '`GET /v1/proxies` lists the names. Names are case-sensitive.',
  },
  fault_not_found: {
    status: 404,
    title: 'No fault of that name on this proxy',
    help: '`GET /v1/proxies/<proxy>/faults` lists the names. The routes of Toxiproxy know only the faults that its API can express.',
  },
  session_not_found: {
    status: 404,
    title: 'No live session of that id',
    help: '`GET /v1/sessions` lists the live ones.',
  },
  route_not_found: {
    status: 404,
    title: 'No such route',
    help: 'Paths have no trailing slash; docs/api.md lists them.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The route does not answer this method',
    help: 'The text and the Allow header name the methods that it answers; docs/api.md has them all.',
  },
  proxy_exists: {
    status: 409,
    title: 'A proxy of that name exists already',
    help: 'Update it, delete it first, or choose another name.',
  },
  fault_exists: {
    status: 409,
    title: 'A fault of that name exists already on this proxy',
    help: 'Names are unique over both directions of a proxy; give another `name`.',
  },
  body_too_large: { status: 413, title: 'The request body is larger than 1 MiB', help: 'Send it in several requests.' },
  listen_failed: {
    status: 500,
    title: 'The listen address cannot be used',
    help: 'The text says why: taken, not of this machine, not permitted, or not resolvable.',
  },
  unreachable: {
    status: 502,
    title: 'The admin API cannot be reached',
    help: 'Start `foulweather serve`, or point `--host` to where it runs.',
  },
} as const

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails {
  /** The field at fault, as a path (`faults[2].latency`). */
  readonly field?: string
  readonly value?: unknown
  /** What would be right. */
  readonly expected?: string
  readonly cause?: unknown
}

/** An error that is the user's to mend: it has a code, and its message is fit to be shown as it is. */
export class FoulweatherError extends Error {
  override readonly name = 'FoulweatherError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly value: unknown
  readonly expected: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.field = details.field
    this.value = details.value
    this.expected = details.expected
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}
