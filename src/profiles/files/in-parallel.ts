/** Files that are open at the same time: a thousand could be more than the process may have. */
const AT_A_TIME = 16

/** Does the same with each, a few at a time; the results are in the order of `all`. */
export async function inParallel<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = all.entries()
  const worker = async (): Promise<void> => {
    for (const [index, each] of queue) results[index] = await work(each)
  }
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, all.length) }, worker))
  return results
}
