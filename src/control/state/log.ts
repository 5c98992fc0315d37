/** Where it is told what has become of the state: a part of what a logger is. */
export interface StateLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}
