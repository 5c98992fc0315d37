import { existsSync } from 'node:fs'
import { relayLimit } from '../proc.ts'
import { textOf } from '../program.ts'
import type { Located, Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

/** Where distributions put the stream module when it is not built in (Debian: libnginx-mod-stream). */
const MODULES = ['/usr/lib/nginx/modules/ngx_stream_module.so', '/usr/lib64/nginx/modules/ngx_stream_module.so']

const findModule = (): string | undefined => MODULES.find((path) => existsSync(path))

/** More than any case opens, two for each session. */
const MOST_CONNECTIONS = 42_000

const configuration = (port: number, upstream: number, folder: string): string => {
  const module = findModule()
  return `
${module === undefined ? '' : `load_module ${module};`}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections ${Math.min(MOST_CONNECTIONS, 2 * relayLimit())}; }
stream {
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_pass 127.0.0.1:${upstream};
  }
}
`
}

async function locate(): Promise<Located> {
  const located = await locateBinary('nginx', '-V', /nginx\/(\S+)/)
  if (!located.found || findModule() !== undefined) return located
  const builtIn = /--with-stream(?!\S)/.test((await textOf('nginx', '-V')) ?? '')
  return builtIn ? located : { found: false, reason: 'nginx has no stream module (Debian: libnginx-mod-stream)' }
}

export const nginx: Rival = {
  name: 'nginx',
  summary: 'nginx stream, one worker',
  protocol: 'tcp',
  slow: true,
  faults: false,
  locate,
  start: (upstream) =>
    startConfigured(
      (port, folder) => configuration(port, upstream, folder),
      'nginx',
      (file) => ['-e', 'stderr', '-c', file],
    ),
}
