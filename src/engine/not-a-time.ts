let told = false

/**
 * A time has come out as NaN, which is a bug of ours. In a heap of times one of them is enough for thousands of others to be lost: nothing is before it or behind it.
 * So none is let in, and where the first one came from is said once.
 */
export function notATime(what: string): void {
  if (told) return
  told = true
  process.emitWarning(new Error(`${what} is no time; please report this with the lines below`))
}
