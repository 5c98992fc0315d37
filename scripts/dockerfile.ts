/** What an image runs, so that checks outside of a container run the same and not a copy of it. */
export interface ImageCommands {
  readonly entrypoint: readonly string[]
  /** The arguments that a user's own take the place of. */
  readonly cmd: readonly string[]
  readonly healthcheck: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Reads the exec-form ENTRYPOINT, CMD and HEALTHCHECK and the ENV of the image that `target` names, with what it has from the stages that
 * it is built on. Anything in shell form is an error.
 */
export function readDockerfile(text: string, target = 'foulweather'): ImageCommands {
  const stage = stageText(text, target)
  const cmd = /^CMD (.*)$/m.exec(stage)
  return {
    entrypoint: execForm(stage, /^ENTRYPOINT (.*)$/m, 'ENTRYPOINT'),
    cmd: cmd === null ? [] : execForm(stage, /^CMD (.*)$/m, 'CMD'),
    healthcheck: execForm(stage, /^HEALTHCHECK .*?CMD (.*)$/m, 'HEALTHCHECK'),
    env: Object.fromEntries([...stage.matchAll(/^ENV (.*)$/gm)].flatMap(([, pairs]) => readPairs(pairs!))),
  }
}

/** The stage of that name, behind those that it is built on; empty for an image from elsewhere. */
export function stageText(text: string, name: string): string {
  const stage = text.split(/^(?=FROM )/m).find((part) => part.startsWith('FROM ') && stageName(part) === name)
  if (stage === undefined) return ''
  return stageText(text, /^FROM (\S+)/.exec(stage)?.[1] ?? '') + stage
}

function stageName(stage: string): string | undefined {
  return /^FROM \S+ AS (\S+)/.exec(stage)?.[1]
}

function execForm(text: string, pattern: RegExp, instruction: string): readonly string[] {
  const argument = pattern.exec(text)?.[1]
  if (argument === undefined) throw new Error(`the Dockerfile has no ${instruction} on one line for this image`)
  try {
    return JSON.parse(argument) as string[]
  } catch (error) {
    throw new Error(`${instruction} is not in exec form (a JSON array): ${argument}`, { cause: error })
  }
}

function readPairs(pairs: string): readonly (readonly [string, string])[] {
  return pairs.split(' ').map((pair) => {
    const [name, value = ''] = pair.split('=')
    return [name!, value] as const
  })
}
