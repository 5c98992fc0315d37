import { z } from 'zod'
import type { Door, DoorContext } from '../core/fault-factory.ts'
import { defineFault } from './define.ts'
import { RecordedDoor, sessionsAtShut } from './recorded-door.ts'

const params = z.object({
  sessions: sessionsAtShut()
    .default('keep')
    .describe('What becomes of live connections: they go on (`keep`), are closed, or reset.'),
})

class Refuse extends RecordedDoor {
  readonly sessions: Door['sessions']

  constructor({ sessions }: z.output<typeof params>, context: DoorContext, previous: Door | undefined) {
    super(context, previous)
    this.sessions = sessions
  }

  protected isShut(): boolean {
    return true
  }
}

export const refuse = defineFault({
  type: 'refuse',
  layer: 'connection',
  effect: 'ending',
  summary: 'Refuses new connections: nobody listens on the port.',
  details: `The proxy closes its listening socket for as long as the fault is there, so that the kernel itself answers: \`connect()\` fails at once with \`ECONNREFUSED\`
(on a unix socket the file is gone: \`ENOENT\`). Connections that the kernel has completed but the proxy has not taken up yet are reset. Live connections go on, unless
\`sessions\` says that they are closed or reset when the port shuts.

It acts on the whole proxy: a port is open to everybody or to nobody, so there is no direction, no probability and no match. (\`reject\` has these: it lets the
connection come about and then resets it.) Removing the fault opens the same port again. An update changes what will happen to sessions the next time that the port
shuts; while it is shut already, they are left alone. Each shutting counts once as applied, not each client that was refused: the kernel tells nobody of these.

Stands for a server that is down, restarting, not started yet or listening on another port. A host that is down, or a firewall that drops, looks different: there
\`connect()\` gets no answer and runs into its timeout, which no proxy can imitate (\`hang\` is the nearest). Whatever accepts connections in front of
the proxy hides the refusal: through a load balancer, a sidecar or Docker's userland port forwarding the client sees a connection that is closed at
once. While the port is shut another program can take it; then it cannot be opened again until that one has gone.`,
  example: { sessions: 'reset' },
  params,
  reach: 'proxy',
  door: (p, context, previous) => new Refuse(p, context, previous),
})
