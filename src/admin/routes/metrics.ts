import type { ServerRoute } from '@hapi/hapi'

/** `/metrics` for Prometheus, in any method as Toxiproxy has it. Without a text to show there is no such route. */
export function metricsRoutes(metrics: (() => Promise<string>) | undefined): readonly ServerRoute[] {
  if (metrics === undefined) return []
  return [
    {
      method: '*',
      path: '/metrics',
      options: { app: { family: 'toxiproxy' } },
      handler: async (_, h) =>
        h.response(await metrics()).header('content-type', 'text/plain; version=0.0.4; charset=utf-8'),
    },
  ]
}
