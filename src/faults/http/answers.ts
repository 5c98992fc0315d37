import { z } from 'zod'
import type { Answer } from '../../core/exchange.ts'
import type { HeaderList } from '../../core/http.ts'
import { bodyFor, hasNoContent, LARGEST_STATUS } from '../http-status.ts'

const LEAST_ERROR = 400
const STATUS_ERROR = `expected a status of an error: ${LEAST_ERROR} to ${LARGEST_STATUS}`

/** A status that says that something went wrong. */
export const errorStatus = () =>
  z
    .int({ error: STATUS_ERROR })
    .min(LEAST_ERROR, { error: STATUS_ERROR })
    .max(LARGEST_STATUS, { error: STATUS_ERROR })
    .meta({ accepts: STATUS_ERROR.slice('expected '.length) })

/** An answer in plain text that says its status; without a body where there may be none. */
export function plainAnswer(status: number, headers: HeaderList = []): Answer {
  if (hasNoContent(status)) return { status, headers, body: Buffer.alloc(0) }
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8'], ...headers], body: bodyFor(status) }
}
