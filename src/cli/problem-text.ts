import { FoulweatherApiError } from '../client/api-error.ts'
import { placeText } from '../core/errors.ts'
import { type CliContext, CommandFailure } from './context.ts'

/** What a line shows of something that is wrong. */
export interface ShownProblem {
  readonly detail: string
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** As compilers write it: `file:line:column: text`. @param known the file where the problem itself does not name one. */
export function problemLine({ line, column, detail, ...problem }: ShownProblem, known?: string): string {
  const { file = known } = problem
  if (line === undefined || column === undefined) {
    return file === undefined || detail.startsWith(`${file}: `) ? detail : `${file}: ${detail}`
  }
  const where = placeText({ ...(file === undefined ? {} : { file }), line, column })
  return `${where}: ${withoutPlace(detail, placeText({ line, column }), where)}`
}

/** Texts mostly begin with the place as it was known where they were made. */
function withoutPlace(detail: string, ...places: readonly string[]): string {
  const found = places.find((place) => detail.startsWith(`${place}: `))
  return found === undefined ? detail : detail.slice(found.length + 2)
}

/**
 * Puts what was being done in front of what the API answered. Where it names several mistakes, they go to stderr first, line by line.
 *
 * @param file what was sent, for mistakes in it.
 */
export async function withProblems<T>(context: CliContext, doing: string, call: Promise<T>, file?: string): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    const problems = error.cause instanceof FoulweatherApiError ? error.cause.problems : []
    for (const problem of problems) context.err(`${problemLine(problem, file)}\n`)
    const what = problems.length === 0 ? error.message : mistakes(problems.length)
    throw new CommandFailure(`${doing}: ${what}`, error.exitCode, error)
  }
}

function mistakes(count: number): string {
  return count === 1 ? 'there is a mistake in it' : `there are ${count} mistakes in it`
}
