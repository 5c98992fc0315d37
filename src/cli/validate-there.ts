import { FoulweatherError } from '../core/errors.ts'
import { problemView } from '../control/profiles/view.ts'
import type { ProfileFile } from '../profiles/document.ts'
import type { AdminClient } from './admin-client.ts'
import { explained } from './toxiproxy-shapes.ts'
import type { Validated } from './validate-here.ts'
import type { Vars } from './option-values.ts'

/** Has a server check profiles: it knows its proxies, its profiles and its environment. */
export async function validateThere(
  files: readonly ProfileFile[],
  client: AdminClient,
  vars: Vars,
): Promise<readonly Validated[]> {
  const found: Validated[] = []
  for (const file of files) found.push(await validate(file, client, vars))
  return found
}

async function validate(
  { name, file, text, problem = 'it cannot be read' }: ProfileFile,
  client: AdminClient,
  vars: Vars,
): Promise<Validated> {
  if (text === undefined) {
    const problems = [problemView(new FoulweatherError('invalid_profile', problem))]
    return { file, valid: false, problems, warnings: [] }
  }
  const call = client.validate(text, { profile: name, vars })
  const { valid, problems, warnings } = await explained(`Failed to validate ${file}`, call)
  return { file, valid, problems, warnings }
}
