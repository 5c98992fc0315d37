declare module 'pg-copy-streams' {
  import type { Duplex, Writable } from 'node:stream'
  import type { Submittable } from 'pg'

  /** COPY … FROM STDIN: what is written becomes rows. */
  export function from(sql: string): Writable & Submittable
  /** COPY … TO STDOUT: rows become what is read. */
  export function to(sql: string): Duplex & Submittable
}
