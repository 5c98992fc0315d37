import type { HistogramData, HttpSnapshot } from '../engine/data-plane.ts'
import { histogramSamples, perEach } from './metric.ts'
import type { MetricDefinition, Sample } from './metric.ts'

const GROUP = 'foulweather'

/** Of proxies whose protocol is `http`; others have no samples. */
export const HTTP_METRICS: readonly MetricDefinition[] = [
  {
    name: 'foulweather_http_requests_total',
    group: GROUP,
    type: 'counter',
    labels: ['proxy', 'origin', 'class'],
    help: 'Exchanges of HTTP that are over, by who answered or ended them and by the class of the status that the client was sent.',
    samples: perHttp((proxy, { answered }) =>
      Object.entries(answered).flatMap(([origin, classes]) =>
        Object.entries(classes).map(([name, value]) => ({ labels: { proxy, origin, class: name }, value })),
      ),
    ),
  },
  {
    name: 'foulweather_http_requests_in_flight',
    group: GROUP,
    type: 'gauge',
    labels: ['proxy'],
    help: 'Exchanges of HTTP that have begun and are not over.',
    samples: perHttp((proxy, { inFlight }) => [{ labels: { proxy }, value: inFlight }]),
  },
  histogram(
    'foulweather_http_request_duration_seconds',
    'Time from the head of a request to the end of its exchange.',
    ({ totalMs }) => totalMs,
  ),
  histogram(
    'foulweather_http_upstream_duration_seconds',
    'Time from sending a request on to the head of its response; only where the upstream has answered.',
    ({ upstreamMs }) => upstreamMs,
  ),
  {
    name: 'foulweather_http_refused_total',
    group: GROUP,
    type: 'counter',
    labels: ['proxy', 'from', 'rule'],
    help: 'Messages of HTTP that were refused as broken or ambiguous, by who sent them (client, upstream) and by the rule.',
    samples: perHttp((proxy, { refused }) =>
      Object.entries(refused).flatMap(([from, rules]) =>
        Object.entries(rules).map(([rule, value]) => ({ labels: { proxy, from, rule }, value })),
      ),
    ),
  },
]

function histogram(name: string, help: string, read: (http: HttpSnapshot) => HistogramData): MetricDefinition {
  return {
    name,
    group: GROUP,
    type: 'histogram',
    labels: ['proxy'],
    help,
    samples: perHttp((proxy, http) => histogramSamples(name, { proxy }, read(http))),
  }
}

function perHttp(read: (proxy: string, http: HttpSnapshot) => readonly Sample[]): MetricDefinition['samples'] {
  return perEach(({ name, http }) => (http === undefined ? [] : read(name, http)))
}
