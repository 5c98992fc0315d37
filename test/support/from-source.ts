import { registerHooks } from 'node:module'

/** For `node --import`: the package's own name stands for its sources, which need no build. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ['foulweather', new URL('../../src/index.ts', import.meta.url).href],
  ['foulweather/client', new URL('../../src/client/index.ts', import.meta.url).href],
])

registerHooks({
  resolve: (specifier, context, next) => next(SOURCES.get(specifier) ?? specifier, context),
})
