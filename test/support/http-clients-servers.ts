import { mkdir, mkdtemp, rm, writeFile, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentOf } from './http-clients-origin.ts'
import type { Address } from './http-clients.ts'
import { freePort } from './ports.ts'
import { onFreePort, ServerProcess, ServerProgram } from './servers.ts'

/** Servers of HTTP that the system may have. */
export const nginxProgram = new ServerProgram('nginx', 'nginx-light', ['/usr/sbin'])
export const haproxyProgram = new ServerProgram('haproxy', 'haproxy', ['/usr/sbin'])
export const pythonProgram = new ServerProgram('python3', 'python3')

export interface HttpServer extends Address, AsyncDisposable {}

/** What the servers of files have: a page, bytes of several sizes, and nothing else. Gone on disposal. */
export class Files implements AsyncDisposable {
  static readonly sizes: readonly number[] = [0, 1, 70_000, 2_000_000]
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Files> {
    const files = new Files(await mkdtemp(join(tmpdir(), 'foulweather-http-')))
    const site = files.site
    await mkdir(site)
    await writeFile(join(site, 'index.html'), `<p>hello</p>\n${'<p>again</p>\n'.repeat(1000)}`)
    for (const size of Files.sizes) await writeFile(join(site, `${size}.bin`), contentOf(size))
    for (const name of ['index.html', ...Files.sizes.map((size) => `${size}.bin`)]) {
      await utimes(join(site, name), new Date('2026-01-31T12:00:00Z'), new Date('2026-01-31T12:00:00Z'))
    }
    return files
  }

  get site(): string {
    return join(this.folder, 'site')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

const nginxConfiguration = (port: number, { folder, site }: Files): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1000; }
http {
  access_log off;
  client_body_temp_path ${folder}/client;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  types { text/html html; }
  default_type application/octet-stream;
  gzip on;
  gzip_min_length 100;
  server {
    listen 127.0.0.1:${port};
    root ${site};
    location /none { return 204; }
    location /moved { return 302 /index.html; }
    location /private { return 401 "who are you?\\n"; }
  }
}
`

/** nginx, which serves `files`. */
export function startNginx(files: Files): Promise<HttpServer> {
  return start(
    nginxProgram,
    files,
    nginxConfiguration,
    (file) => ['-e', 'stderr', '-c', file],
    /start worker processes/,
  )
}

const haproxyConfiguration =
  (upstream: Address) =>
  (port: number): string =>
    `
global
  nbthread 1
  maxconn 500
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen web
  bind 127.0.0.1:${port}
  http-request return status 429 content-type text/plain string "slow down" if { path /limited }
  http-request redirect location /bytes/10 code 301 if { path /moved }
  http-response set-header x-balanced yes
  server upstream ${upstream.host}:${upstream.port}
`

/** HAProxy in front of `upstream`, as a balancer of HTTP. */
export function startHaproxy(upstream: Address, files: Files): Promise<HttpServer> {
  // With a master process it says when it is ready.
  return start(
    haproxyProgram,
    files,
    haproxyConfiguration(upstream),
    (file) => ['-W', '-db', '-f', file],
    /Loading success|forked/,
  )
}

/** Python's `http.server`, which serves `files` and speaks HTTP/1.0. */
export function startPython({ site }: Files): Promise<HttpServer> {
  return onFreePort(freePort, async (port) => {
    const where = ['--bind', '127.0.0.1', '--directory', site, String(port)]
    return running(
      port,
      await ServerProcess.start(pythonProgram.path, {
        args: ['-u', '-m', 'http.server', ...where],
        ready: /Serving HTTP/,
        stopSignal: 'SIGTERM',
        killSignal: 'SIGKILL',
      }),
    )
  })
}

/** node:http in a process of its own, with the answers of `Origin`. */
export function startSource(): Promise<HttpServer> {
  return onFreePort(freePort, async (port) => {
    const script = fileURLToPath(new URL('http-clients-source.ts', import.meta.url))
    const options = {
      args: [script, String(port)],
      ready: /listening/,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
    } as const
    return running(port, await ServerProcess.start(process.execPath, options))
  })
}

function start(
  program: ServerProgram,
  files: Files,
  configuration: (port: number, files: Files) => string,
  args: (file: string) => readonly string[],
  ready: RegExp,
): Promise<HttpServer> {
  return onFreePort(freePort, async (port) => {
    const file = join(files.folder, `${port}.conf`)
    await writeFile(file, configuration(port, files))
    const options = { args: args(file), ready, stopSignal: 'SIGTERM', killSignal: 'SIGKILL' } as const
    return running(port, await ServerProcess.start(program.path, options))
  })
}

function running(port: number, server: ServerProcess): HttpServer {
  return { host: '127.0.0.1', port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
