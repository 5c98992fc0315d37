import type { ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import type { DescribedRoute } from '../openapi/document.ts'
import type { Operation } from '../operation.ts'

/** `/metrics` for Prometheus, in any method as Toxiproxy has it. Without a text to show there is no such route. */
export function metricsRoutes(metrics: (() => Promise<string>) | undefined): readonly ServerRoute[] {
  if (metrics === undefined) return []
  return [
    {
      method: METRICS_ROUTE.method,
      path: METRICS_ROUTE.path,
      options: { app: METRICS_ROUTE.app },
      handler: async (_, h) =>
        h.response(await metrics()).header('content-type', 'text/plain; version=0.0.4; charset=utf-8'),
    },
  ]
}

/** Any method answers the same; a description has to name one. */
const METRICS: Operation = {
  id: 'getMetrics',
  tag: 'Server',
  summary: 'What is counted, for Prometheus.',
  description: 'There is no such route where metrics are switched off.',
  answers: { 200: { description: 'The text format of Prometheus.', schema: z.string(), type: 'text/plain' } },
}

/** As the description of the API has it, whether or not there is such a route. */
export const METRICS_ROUTE = {
  method: '*',
  path: '/metrics',
  app: { family: 'toxiproxy', role: 'viewer', operation: METRICS },
} as const satisfies DescribedRoute
