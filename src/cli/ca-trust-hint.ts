import type { Command } from 'commander'
import { directoryOption, knownAuthority, type DirectoryOption } from './ca-directory.ts'
import type { CliContext } from './context.ts'
import { paint } from './format.ts'

export function addCaTrustHintCommand(ca: Command, context: CliContext): void {
  ca.command('trust-hint')
    .summary('show how to trust the authority')
    .description(
      'Prints how programs and systems are made to trust the authority, with the path of its certificate. It changes nothing.',
    )
    .addOption(directoryOption())
    .addHelpText('after', '\nExamples:\n  $ foulweather ca trust-hint')
    .action((options: DirectoryOption) => run(options, context))
}

function run(options: DirectoryOption, context: CliContext): void {
  const { files, certificate } = knownAuthority(options, context)
  const ways = WAYS.map(
    ({ title, lines }) =>
      `${paint(context, 'bold', title)}\n${lines(quoted(files.cert))
        .map((line) => `  ${line}\n`)
        .join('')}`,
  )
  context.out(
    `${certificate.subject?.replaceAll('\n', ', ')}, SHA-256 ${certificate.fingerprint256}\n\n${ways.join('\n')}`,
  )
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

interface Way {
  readonly title: string
  readonly lines: (cert: string) => readonly string[]
}

/** One program first, the whole machine last: the smaller it is, the less is trusted. */
const WAYS: readonly Way[] = [
  { title: 'curl', lines: (cert) => [`curl --cacert ${cert} https://…`] },
  {
    title: 'Node (beside the usual authorities; read when the process starts)',
    lines: (cert) => [`NODE_EXTRA_CA_CERTS=${cert} node …`],
  },
  {
    title: 'OpenSSL, Python, Ruby and Go (instead of the usual authorities)',
    lines: (cert) => [`SSL_CERT_FILE=${cert} …`, `REQUESTS_CA_BUNDLE=${cert} python …   # the requests library`],
  },
  {
    title: 'Java',
    lines: (cert) => [`keytool -importcert -noprompt -alias foulweather -cacerts -storepass changeit -file ${cert}`],
  },
  {
    title: 'Debian, Ubuntu, Alpine (the whole machine)',
    lines: (cert) => [
      `sudo cp ${cert} /usr/local/share/ca-certificates/foulweather.crt`,
      'sudo update-ca-certificates',
      'to undo: sudo rm /usr/local/share/ca-certificates/foulweather.crt && sudo update-ca-certificates --fresh',
    ],
  },
  {
    title: 'Red Hat, Fedora (the whole machine)',
    lines: (cert) => [
      `sudo cp ${cert} /etc/pki/ca-trust/source/anchors/foulweather.pem`,
      'sudo update-ca-trust',
      'to undo: sudo rm /etc/pki/ca-trust/source/anchors/foulweather.pem && sudo update-ca-trust',
    ],
  },
  {
    title: 'macOS (the whole machine)',
    lines: (cert) => [
      `sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${cert}`,
      `to undo: sudo security remove-trusted-cert -d ${cert}`,
    ],
  },
  {
    title: 'Windows (the whole machine; as administrator)',
    lines: (cert) => [`certutil -addstore -f Root ${cert}`],
  },
  {
    title: 'Firefox (has a list of its own)',
    lines: (cert) => [
      `Settings, Privacy & Security, View Certificates, Authorities, Import: ${cert}`,
      `or: certutil -A -n foulweather -t C,, -i ${cert} -d sql:PROFILE   # of NSS: libnss3-tools`,
    ],
  },
]
