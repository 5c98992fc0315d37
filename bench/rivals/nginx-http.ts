import { relayLimit } from '../proc.ts'
import type { Rival } from './rival.ts'
import { locateBinary, startConfigured } from './start.ts'

/** More than any case opens, two for each client. */
const MOST_CONNECTIONS = 4000
/** Its default of 1000 would close connections in the middle of a measurement. */
const MOST_REQUESTS = 1_000_000_000

/** Buffers hold the largest response that is measured, and nothing goes through files: it is to relay as the others do. */
const configuration = (port: number, upstream: number, folder: string): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections ${Math.min(MOST_CONNECTIONS, 2 * relayLimit())}; }
http {
  access_log off;
  client_body_temp_path ${folder}/client;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  keepalive_requests ${MOST_REQUESTS};
  tcp_nodelay on;
  upstream bench {
    server 127.0.0.1:${upstream};
    keepalive 256;
    keepalive_requests ${MOST_REQUESTS};
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffers 8 16k;
      proxy_max_temp_file_size 0;
    }
  }
}
`

export const nginxHttp: Rival = {
  name: 'nginx-http',
  summary: 'nginx proxy_pass, one worker, keep-alive to the upstream; HTTP only',
  protocol: 'http',
  slow: true,
  faults: false,
  locate: () => locateBinary('nginx', '-V', /nginx\/(\S+)/),
  start: (upstream) =>
    startConfigured(
      (port, folder) => configuration(port, upstream, folder),
      'nginx',
      (file) => ['-e', 'stderr', '-c', file],
    ),
}
