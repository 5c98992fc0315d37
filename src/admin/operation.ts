import type { z } from 'zod'
import type { ErrorCode } from '../core/errors.ts'

/** What a token may do: `viewer` reads; `operator` also works with faults, profiles' activation, sessions and halts; `admin` may do everything. */
export type Role = 'viewer' | 'operator' | 'admin'

/** One operation of the API as `/openapi.json` describes it. What a path names in braces is a parameter without further words. */
export interface Operation {
  /** `operationId`, in camel case. */
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly query?: readonly Parameter[]
  /** What it does matters more than what was misspelt. Default: a parameter that is not known is refused. */
  readonly anyQuery?: boolean
  /** Besides those that go with its method. */
  readonly headers?: readonly Parameter[]
  /** It is a POST or DELETE, and still nothing of it goes into the record of changes, nor why. */
  readonly offRecord?: boolean
  readonly body?: OperationBody
  /** By status, those of success alone. */
  readonly answers: Readonly<Record<number, OperationAnswer>>
  /** Besides those that every operation has. */
  readonly errors?: readonly ErrorCode[]
}

export interface Parameter {
  readonly name: string
  readonly description: string
  readonly schema: z.ZodType
}

export interface OperationBody {
  readonly description: string
  /** `.meta({ id: 'Fault' })` gives it a name of its own among the components. */
  readonly schema: z.ZodType
  /** Default: true. */
  readonly required?: boolean
  /** Media types. Default: `application/json`. */
  readonly types?: readonly string[]
}

export interface OperationAnswer {
  readonly description: string
  /** Absent = no body. */
  readonly schema?: z.ZodType
  /** Media type. Default: `application/json`. */
  readonly type?: string
}
