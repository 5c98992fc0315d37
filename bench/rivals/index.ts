import { direct } from './direct.ts'
import { envoy, envoyHttp } from './envoy.ts'
import { fault } from './fault.ts'
import { fromDist, fromSource } from './foulweather.ts'
import { haproxy, haproxyHttp, haproxyHttpSplice, haproxySplice, haproxySpliceAlways } from './haproxy.ts'
import { httpProxy } from './http-proxy.ts'
import { httpxy } from './httpxy.ts'
import { mountebank } from './mountebank.ts'
import { nginxHttp } from './nginx-http.ts'
import { nginx } from './nginx.ts'
import { pipe } from './pipe.ts'
import type { Rival } from './rival.ts'
import { toxiproxy } from './toxiproxy.ts'
import { undici } from './undici.ts'

/** Every rival, in the order of the tables. */
export function allRivals(options: { readonly dist: boolean }): readonly Rival[] {
  const { relay, threaded, http, unmatched } = options.dist ? fromDist : fromSource
  const relays = [haproxy, haproxySplice, haproxySpliceAlways, nginx, envoy, pipe, toxiproxy, fault, mountebank]
  const readers = [haproxyHttp, haproxyHttpSplice, nginxHttp, envoyHttp, undici, httpxy, httpProxy]
  return [relay, ...threaded, ...relays, http, unmatched, ...readers, direct]
}
