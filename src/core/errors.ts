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
  invalid_profile: {
    status: 400,
    title: 'The profile has mistakes',
    help: '`problems` lists them, each with its file, line, column, field, value and what would be right.',
  },
  ttl_required: {
    status: 400,
    title: 'Faults have to end by themselves here',
    help: 'Give the fault or the activation a `ttl` or a `lease`: the server was started with `--require-ttl`.',
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
  forbidden: {
    status: 403,
    title: 'The token may not do this',
    help: 'Use a token with the role that the text names: `viewer` reads, `operator` also works with faults, profiles and sessions, `admin` may do everything.',
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
  profile_not_found: {
    status: 404,
    title: 'No profile of that name',
    help: '`GET /v1/profiles` lists the names.',
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
  profile_conflict: {
    status: 409,
    title: 'Two profiles, or a profile and the API, disagree',
    help: 'The text names both places. Rename one of the two, make them equal, or deactivate one profile.',
  },
  profile_read_only: {
    status: 409,
    title: 'The profile comes from a file',
    help: 'Edit the file: it is loaded again by itself. Or put the profile under another name.',
  },
  no_lease: {
    status: 409,
    title: 'There is no lease to renew',
    help: 'Only what was given a `lease` is renewed, and an activation only while it lasts.',
  },
  halted: {
    status: 409,
    title: 'Everything was halted, and no faults are taken',
    help: '`POST /v1/resume` (or `foulweather resume`) once it is safe; `GET /v1/status` says who halted it and why.',
  },
  precondition_failed: {
    status: 412,
    title: 'It has changed since it was read',
    help: 'Read it again, and send its new `ETag` as `If-Match`.',
  },
  body_too_large: { status: 413, title: 'The request body is larger than 1 MiB', help: 'Send it in several requests.' },
  listen_failed: {
    status: 500,
    title: 'The listen address cannot be used',
    help: 'The text says why: taken, not of this machine, not permitted, or not resolvable.',
  },
  profiles_unreadable: {
    status: 500,
    title: 'The profiles cannot be read',
    help: 'The directory that `--profiles` names is gone, or may not be read by the server; the text says why. What is in force stays.',
  },
  unreachable: {
    status: 502,
    title: 'The admin API cannot be reached',
    help: 'Start `foulweather serve`, or point `--host` to where it runs.',
  },
  too_many_subscribers: {
    status: 503,
    title: 'Too many listen to events already',
    help: 'At most 100 connections may follow `GET /v1/events`. Close one, or share one.',
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
  /** Where it stands in a document. */
  readonly place?: Place
  /** Everything that is wrong, where it is more than one thing. */
  readonly problems?: readonly FoulweatherError[]
}

/** Where something is written. */
export interface Place {
  /** Absent = the text did not come from a file. */
  readonly file?: string
  /** From 1, as editors count. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** As compilers write it: `file:line:column`. */
export function placeText({ file, line, column }: Place): string {
  return file === undefined ? `line ${line}, column ${column}` : `${file}:${line}:${column}`
}

/** An error that is the user's to mend: it has a code, and its message is fit to be shown as it is. */
export class FoulweatherError extends Error {
  override readonly name = 'FoulweatherError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly value: unknown
  readonly expected: string | undefined
  readonly place: Place | undefined
  readonly problems: readonly FoulweatherError[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.field = details.field
    this.value = details.value
    this.expected = details.expected
    this.place = details.place
    this.problems = details.problems ?? []
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** Everything that an error stands for: itself, where it does not stand for several. */
export function problemsOf(error: FoulweatherError): readonly FoulweatherError[] {
  return error.problems.length > 0 ? error.problems : [error]
}
