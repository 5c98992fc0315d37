/**
 * Where clients go. On `calm` proxies nothing happens but faults of time: every byte has to arrive, in order, and no connection may end that its client
 * did not end. On `rough` ones everything happens, and whatever is lost has to be explained.
 */
export const CALM = 'calm'
export const ROUGH = 'rough'

export const SERVICES = ['raw', 'http', 'postgres', 'redis'] as const

export type Service = (typeof SERVICES)[number]
export type Mood = typeof CALM | typeof ROUGH

export interface Place {
  /** Of the proxy. */
  readonly name: string
  readonly mood: Mood
  readonly service: Service
  /** Where the proxy listens on 127.0.0.1. */
  readonly port: number
}

export function placeName(mood: Mood, service: Service): string {
  return `${mood}-${service}`
}

export function isCalm(proxy: string): boolean {
  return proxy.startsWith(`${CALM}-`)
}

export function isHttp(proxy: string): boolean {
  return proxy.endsWith('-http')
}
