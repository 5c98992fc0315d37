import { type Command, Option } from 'commander'
import { defined, definedOrNone } from '../core/defined.ts'
import { CommandFailure, EXIT } from './context.ts'
import { readInputFile } from './input-file.ts'
import { collect, readSize, readCount } from './option-values.ts'
import { explained } from './toxiproxy-shapes.ts'

/** Options that say what a proxy is, beside its addresses. */
export interface ProxyOptions {
  readonly protocol?: 'tcp' | 'http'
  readonly disabled?: boolean
  readonly lenient?: boolean
  readonly hostHeader?: string
  readonly forwardedFor?: boolean
  readonly headerFaults?: boolean
  readonly tell?: boolean
  readonly maxHead?: number
  readonly maxHeaders?: number
  readonly tlsUpstream?: boolean
  readonly tlsUpstreamName?: string
  readonly tlsUpstreamCa?: string
  readonly tlsUpstreamCert?: string
  readonly tlsUpstreamKey?: string
  readonly tlsUpstreamInsecure?: boolean
  readonly tlsUpstreamAlpn?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsAuthority?: boolean
  readonly tlsName?: readonly string[]
  readonly tlsClientCa?: string
  readonly tlsAlpn?: readonly string[]
  readonly tlsPeek?: boolean
  readonly acceptProxyProtocol?: boolean
  readonly sendProxyProtocol?: 'v1' | 'v2'
}

const HTTP = 'Proxies with protocol http:'
const TLS_UPSTREAM = 'TLS to the upstream:'
const TLS_LISTEN = 'TLS to clients:'
const ADDRESSES = "The client's address:"

function options(group: string, ...all: readonly Option[]): readonly Option[] {
  return all.map((option) => option.helpGroup(group))
}

const several = (flags: string, text: string): Option =>
  new Option(flags, `${text}; may be given several times`).argParser(collect)

const ALL: readonly Option[] = [
  new Option(
    '--protocol <protocol>',
    'what it understands (default: tcp; http with an upstream http:// or https://)',
  ).choices(['tcp', 'http']),
  new Option('--disabled', 'do not start it (default: it is started)'),
  ...options(
    HTTP,
    new Option('--lenient', 'pass ambiguous or broken messages on as bytes (default: refuse them)'),
    new Option(
      '--host-header <host>',
      'the Host that the upstream is sent: preserve, upstream, or a name (default: preserve)',
    ),
    new Option('--forwarded-for', 'add the client to X-Forwarded-For, set X-Forwarded-Proto and X-Forwarded-Host'),
    new Option('--header-faults', 'requests may ask for faults of their own (x-foulweather-delay, …)'),
    new Option('--tell', 'responses that a fault has worked on say so (x-foulweather)'),
    new Option('--max-head <size>', 'bytes that a head may have (default: 16KiB)').argParser(readSize),
    new Option('--max-headers <number>', 'fields that a head may have (default: 128)').argParser(readCount),
  ),
  ...options(
    TLS_UPSTREAM,
    new Option('--tls-upstream', 'speak TLS to the upstream; so does an upstream https://'),
    new Option('--tls-upstream-name <name>', 'the name to ask for and to expect (default: the host of the upstream)'),
    new Option('--tls-upstream-ca <file>', 'certificates (PEM) to trust instead of the usual ones'),
    new Option('--tls-upstream-cert <file>', 'certificate (PEM) to show to the upstream, with --tls-upstream-key'),
    new Option('--tls-upstream-key <file>', 'its private key (PEM)'),
    new Option('--tls-upstream-insecure', 'take any certificate of the upstream'),
    several('--tls-upstream-alpn <protocol>', 'protocol to offer (ALPN)'),
  ),
  ...options(
    TLS_LISTEN,
    new Option('--tls-cert <file>', 'certificate (PEM), with its chain; needs --tls-key'),
    new Option('--tls-key <file>', 'its private key (PEM)'),
    new Option('--tls-authority', 'make certificates on the fly, by the local authority'),
    several('--tls-name <name>', 'name in the certificate for clients that ask for none (default: localhost)'),
    new Option('--tls-client-ca <file>', 'clients have to show a certificate that one of these (PEM) has signed'),
    several('--tls-alpn <protocol>', 'protocol to accept (ALPN)'),
    new Option('--tls-peek', 'look for the name that clients ask for (SNI), without ending their TLS'),
  ),
  ...options(
    ADDRESSES,
    new Option('--accept-proxy-protocol', 'clients send it in a PROXY header, version 1 or 2'),
    new Option('--send-proxy-protocol <version>', 'send it to the upstream in a PROXY header').choices(['v1', 'v2']),
  ),
]

export function addProxyOptions(command: Command): Command {
  for (const option of ALL) command.addOption(option)
  return command
}

/**
 * The options as fields of a proxy. Files are read here: the server need not be on this machine, nor be allowed to read them.
 *
 * @throws CommandFailure for a file that cannot be read.
 */
export async function proxyFields(given: ProxyOptions): Promise<Record<string, unknown>> {
  refuseHalf(given.tlsCert, '--tls-cert', given.tlsKey, '--tls-key')
  refuseHalf(given.tlsUpstreamCert, '--tls-upstream-cert', given.tlsUpstreamKey, '--tls-upstream-key')
  const upstream = await upstreamFields(given)
  const listen = await listenFields(given)
  return defined({
    protocol: given.protocol,
    http: httpFields(given),
    tls: definedOrNone({ upstream, listen, peek: given.tlsPeek }),
    proxy_protocol: definedOrNone({ accept: given.acceptProxyProtocol, send: given.sendProxyProtocol }),
  })
}

function httpFields(given: ProxyOptions): object | undefined {
  return definedOrNone({
    lenient: given.lenient,
    host: given.hostHeader,
    forwarded_for: given.forwardedFor,
    header_faults: given.headerFaults,
    tell: given.tell,
    max_head: given.maxHead,
    max_headers: given.maxHeaders,
  })
}

async function upstreamFields(given: ProxyOptions): Promise<object | undefined> {
  const fields = definedOrNone({
    servername: given.tlsUpstreamName,
    ca: await fileText('--tls-upstream-ca', given.tlsUpstreamCa),
    cert: await fileText('--tls-upstream-cert', given.tlsUpstreamCert),
    key: await fileText('--tls-upstream-key', given.tlsUpstreamKey),
    verify: given.tlsUpstreamInsecure === true ? false : undefined,
    alpn: given.tlsUpstreamAlpn,
  })
  return fields ?? (given.tlsUpstream === true ? {} : undefined)
}

async function listenFields(given: ProxyOptions): Promise<object | undefined> {
  return definedOrNone({
    cert: await fileText('--tls-cert', given.tlsCert),
    key: await fileText('--tls-key', given.tlsKey),
    authority: given.tlsAuthority,
    names: given.tlsName,
    client_ca: await fileText('--tls-client-ca', given.tlsClientCa),
    alpn: given.tlsAlpn,
  })
}

async function fileText(flag: string, path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : String(await explained(flag, readInputFile(path)))
}

function refuseHalf(cert: string | undefined, certFlag: string, key: string | undefined, keyFlag: string): void {
  if ((cert === undefined) === (key === undefined)) return
  const [given, missing] = cert === undefined ? [keyFlag, certFlag] : [certFlag, keyFlag]
  throw new CommandFailure(`${given} needs ${missing} beside it`, EXIT.usage)
}
