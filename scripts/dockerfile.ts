/** What the Dockerfile's last stage runs, so that checks outside of a container run the same and not a copy of it. */
export interface ImageCommands {
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Reads the exec-form ENTRYPOINT and HEALTHCHECK and the ENV of a Dockerfile's text. Anything in shell form is an error. */
export function readDockerfile(text: string): ImageCommands {
  const runtime = text.slice(text.lastIndexOf('\nFROM '))
  return {
    entrypoint: execForm(runtime, /^ENTRYPOINT (.*)$/m, 'ENTRYPOINT'),
    healthcheck: execForm(runtime, /^HEALTHCHECK .*?CMD (.*)$/m, 'HEALTHCHECK'),
    env: Object.fromEntries([...runtime.matchAll(/^ENV (.*)$/gm)].flatMap(([, pairs]) => readPairs(pairs!))),
  }
}

function execForm(text: string, pattern: RegExp, instruction: string): readonly string[] {
  const argument = pattern.exec(text)?.[1]
  if (argument === undefined) throw new Error(`the Dockerfile's last stage has no ${instruction} on one line`)
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
