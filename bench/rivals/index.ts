import { direct } from './direct.ts'
import { fromDist, fromSource } from './foulweather.ts'
import { haproxy, haproxyHttp, haproxySplice } from './haproxy.ts'
import { httpProxy } from './http-proxy.ts'
import { httpxy } from './httpxy.ts'
import { nginxHttp } from './nginx-http.ts'
import { nginx } from './nginx.ts'
import { pipe } from './pipe.ts'
import type { Rival } from './rival.ts'
import { toxiproxy } from './toxiproxy.ts'
import { undici } from './undici.ts'

/** Every rival, in the order of the tables. */
export function allRivals(options: { readonly dist: boolean }): readonly Rival[] {
  const foulweather = options.dist ? fromDist : fromSource
  const relays = [foulweather.relay, haproxy, haproxySplice, nginx, pipe, toxiproxy]
  const http = [foulweather.http, foulweather.unmatched, haproxyHttp, nginxHttp, undici, httpxy, httpProxy]
  return [...relays, ...http, direct]
}
