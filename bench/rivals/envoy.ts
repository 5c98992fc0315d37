import type { Located, Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

// Written from Envoy's v3 API and run with Envoy 1.40.

const binary = process.env['ENVOY']

const API = 'type.googleapis.com/envoy.extensions'
/** The default of 1024 of each would refuse what some cases open. */
const PLENTY = 1_000_000

const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })

const tcpFilter: object = {
  name: 'envoy.filters.network.tcp_proxy',
  typed_config: {
    '@type': `${API}.filters.network.tcp_proxy.v3.TcpProxy`,
    stat_prefix: 'bench',
    cluster: 'upstream',
  },
}

/** Without the identifier that it would otherwise make up for each request: no other rival does such work. */
const httpFilter: object = {
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': `${API}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'bench',
    generate_request_id: false,
    route_config: {
      virtual_hosts: [
        { name: 'bench', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream' } }] },
      ],
    },
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': `${API}.filters.http.router.v3.Router` } },
    ],
  },
}

/** JSON, which Envoy reads where it expects YAML: one is a subset of the other. */
const configuration = (port: number, upstream: number, filter: object): string =>
  JSON.stringify({
    static_resources: {
      listeners: [{ name: 'bench', address: address(port), filter_chains: [{ filters: [filter] }] }],
      clusters: [
        {
          name: 'upstream',
          type: 'STATIC',
          connect_timeout: '5s',
          circuit_breakers: {
            thresholds: [
              { max_connections: PLENTY, max_pending_requests: PLENTY, max_requests: PLENTY, max_retries: PLENTY },
            ],
          },
          load_assignment: {
            cluster_name: 'upstream',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstream) } }] }],
          },
        },
      ],
    },
  })

async function locate(): Promise<Located> {
  if (binary === undefined) return { found: false, reason: 'ENVOY names no binary' }
  return locateBinary(binary, '--version', /\/(\d+\.\d+\.\d+)\//)
}

function rival(about: Pick<Rival, 'name' | 'summary' | 'protocol'>, filter: object): Rival {
  return {
    ...about,
    faults: false,
    slow: true,
    locate,
    start: (upstream) =>
      startConfigured(
        (port) => configuration(port, upstream, filter),
        binary ?? 'envoy',
        // One thread for the data; without hot restarts several can run at once.
        (file) => ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'],
        '.yaml',
      ),
  }
}

export const envoy = rival(
  { name: 'envoy', summary: 'Envoy’s tcp_proxy, one thread, where ENVOY names its binary', protocol: 'tcp' },
  tcpFilter,
)

export const envoyHttp = rival(
  {
    name: 'envoy-http',
    summary: 'Envoy’s HTTP router, one thread, where ENVOY names its binary; HTTP only',
    protocol: 'http',
  },
  httpFilter,
)
