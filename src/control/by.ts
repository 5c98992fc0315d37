import { FoulweatherError } from '../core/errors.ts'

/** Who asks for a change, why, and what they believe is there. Absent = nobody has said. */
export interface By {
  /** As the door that it came through tells: `ip:port` of an API client, with the name of its token in front where it has one (`alice@ip:port`). */
  readonly actor?: string
  /** In the words of whoever asks; for the record. */
  readonly reason?: string
  /** The revisions one of which what is to be changed must have; `*` = any, as long as it is there. */
  readonly ifMatch?: readonly (number | '*')[]
}

/** @throws FoulweatherError `precondition_failed`: somebody else has changed it meanwhile. To be called inside `exclusive`. */
export function refuseStale(what: string, revision: number, { ifMatch }: By): void {
  if (ifMatch === undefined || ifMatch.includes('*') || ifMatch.includes(revision)) return
  const text = `${what} is at revision ${revision}, not at ${ifMatch.join(' or ')}: it has changed since it was read; read it again`
  throw new FoulweatherError('precondition_failed', text, {
    field: 'If-Match',
    value: ifMatch.join(', '),
    expected: `"${revision}"`,
  })
}
