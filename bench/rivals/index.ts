import { direct } from './direct.ts'
import { fromDist, fromSource } from './foulweather.ts'
import { haproxy, haproxySplice } from './haproxy.ts'
import { httpProxy } from './http-proxy.ts'
import { nginx } from './nginx.ts'
import { pipe } from './pipe.ts'
import type { Rival } from './rival.ts'
import { toxiproxy } from './toxiproxy.ts'

/** Every rival, in the order of the tables. */
export function allRivals(options: { readonly dist: boolean }): readonly Rival[] {
  const foulweather = options.dist ? fromDist : fromSource
  return [foulweather, haproxy, haproxySplice, nginx, pipe, toxiproxy, httpProxy, direct]
}
