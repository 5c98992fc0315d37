import packageJson from '../package.json' with { type: 'json' }

/** Foulweather's own version, from package.json (which is one folder up both in the sources and in what is published). */
export const VERSION: string = packageJson.version

/** The command's name, as it speaks of itself. */
export const NAME = 'foulweather'

/** The Toxiproxy release whose API is spoken. Clients choose their requests by it (PATCH from 2.6.0). */
export const TOXIPROXY_VERSION = '2.12.0'
