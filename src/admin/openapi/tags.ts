import type { TagObject } from './types.ts'

/** In the order in which a reader wants them; tags that are not here come behind these. */
const TAGS: Readonly<Record<string, string>> = {
  Server: 'Whether it is well, what it is doing, and how it is described.',
  Proxies: 'One listen address, one upstream, and an ordered list of faults.',
  Faults: 'What goes wrong on a proxy.',
  Profiles: 'Proxies and faults that are switched on and off together, from files or from requests.',
  Safety: 'Ending everything at once, and leases.',
  Sessions: 'Connections of clients.',
  Decisions: 'What was decided about sessions and exchanges, and done to them.',
  Exchanges: 'HTTP requests and their responses.',
  Events: 'What happens, as it happens.',
  Audit: 'Who has changed what, when and why.',
  Toxiproxy: "Toxiproxy's own API, for its clients: plain texts as errors, its statuses, its units.",
}

export function tagObjects(used: ReadonlySet<string>): readonly TagObject[] {
  const known = Object.entries(TAGS).filter(([name]) => used.has(name))
  const others = [...used].filter((name) => !Object.hasOwn(TAGS, name)).sort()
  return [...known.map(([name, description]) => ({ name, description })), ...others.map((name) => ({ name }))]
}
