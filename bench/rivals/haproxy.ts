import { relayLimit } from '../proc.ts'
import { HTTP_YARDSTICK } from '../samples.ts'
import type { Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

/** More than any case opens. `maxpipes` is for splicing, whose default would want more files than there may be. */
const MOST_SESSIONS = 21_000

const configuration = (port: number, upstream: number, mode: Rival['protocol'], options: string): string => `
global
  nbthread 1
  maxconn ${Math.min(MOST_SESSIONS, relayLimit())}
  maxpipes 16
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 5m
  timeout server 5m
  ${options}
listen bench
  bind 127.0.0.1:${port}
  server upstream 127.0.0.1:${upstream}
`

function rival(about: Pick<Rival, 'name' | 'summary' | 'protocol' | 'bulkOnly' | 'slow'>, options = ''): Rival {
  return {
    ...about,
    faults: false,
    locate: () => locateBinary('haproxy', '-v', /version (\S+)/),
    start: (upstream) =>
      startConfigured(
        (port) => configuration(port, upstream, about.protocol, options),
        'haproxy',
        (file) => ['-db', '-f', file],
      ),
  }
}

export const haproxy = rival({ name: 'haproxy', summary: 'HAProxy in tcp mode, one thread', protocol: 'tcp' })

/** Keep-alive on both sides is its default. */
export const haproxyHttp = rival({
  name: HTTP_YARDSTICK,
  summary: 'HAProxy in http mode, one thread; HTTP only',
  protocol: 'http',
})

/** The kernel moves the bytes from socket to socket where HAProxy sees many in a row: no proxy that may have to look at them can do that. */
export const haproxySplice = rival(
  {
    name: 'haproxy-splice',
    summary:
      'HAProxy in tcp mode with option splice-auto: splicing in the kernel where it thinks it worth while; bulk only',
    protocol: 'tcp',
    bulkOnly: true,
    slow: true,
  },
  'option splice-auto',
)

const ALWAYS = 'option splice-request\n  option splice-response'

export const haproxySpliceAlways = rival(
  {
    name: 'haproxy-splice-always',
    summary: 'the same with splicing whether or not it thinks it worth while; bulk only',
    protocol: 'tcp',
    bulkOnly: true,
    slow: true,
  },
  ALWAYS,
)

/** Its own judgement would leave out bodies of this size. */
export const haproxyHttpSplice = rival(
  {
    name: 'haproxy-http-splice',
    summary: 'HAProxy in http mode with splicing of every body; http-64k only',
    protocol: 'http',
    bulkOnly: true,
    slow: true,
  },
  ALWAYS,
)
