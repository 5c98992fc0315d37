import { TLSSocket } from 'node:tls'
import { parseAddress } from '../core/address.ts'
import type { Direction } from '../core/words.ts'
import type { Endpoint } from '../protocols/proxy-protocol/endpoint.ts'
import { proxyHeader } from '../protocols/proxy-protocol/header.ts'
import { acceptedPeer, dialingPeer, remoteAddress, resetPeer } from './peer-socket.ts'
import type { Accepted, NodePeer, PeerEvents, PeerSocket, SecureDialing } from './peer-socket.ts'
import { Relay, type RelayOwner } from './relay.ts'
import type { Arrived, SessionHome } from './session-home.ts'

/** The relays of a session, by what they carry. */
export type Relays = Readonly<Record<Direction, Relay>>

/** The two connections of a session, and what relays between them. */
export class SessionLink {
  readonly relays: Relays
  readonly client: PeerSocket
  readonly server: PeerSocket
  /** `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  readonly #home: SessionHome
  readonly #destination: Endpoint | undefined

  constructor(session: PeerEvents & RelayOwner, home: SessionHome, accepted: Accepted, arrived: Arrived | undefined) {
    this.#home = home
    this.#destination = arrived?.destination
    const { shared, counters } = home
    const up = new Relay('upstream', shared, session, counters.bytes.upstream)
    const down = new Relay('downstream', shared, session, counters.bytes.downstream)
    this.relays = { upstream: up, downstream: down }
    // A client that speaks TLS has been made already, and gives its bytes to the session.
    this.client = isPeer(accepted)
      ? accepted
      : acceptedPeer(session, accepted, up.reader, (bytes) => up.readOwned(bytes))
    this.server = dialingPeer(session, down.reader, this.#secureDialing(home), shared.acceptHandles)
    this.clientAddress = arrived?.clientAddress ?? remoteAddress(this.client) ?? 'unknown'
    up.connect(this.client, this.server)
    down.connect(this.server, this.client)
  }

  #secureDialing({ upstreamTls, plan }: SessionHome): SecureDialing | undefined {
    if (upstreamTls === undefined) return undefined
    return {
      tls: upstreamTls,
      onOwned: (bytes) => this.relays.downstream.readOwned(bytes),
      greeting: plan.proxyProtocol?.send && (() => this.#introduction() ?? Buffer.alloc(0)),
    }
  }

  /** The upstream is connected: tells it first whose connection it is, where it wants to know. */
  introduce(): void {
    // In front of a TLS handshake that has been sent by now.
    const introduction = this.#home.upstreamTls === undefined ? this.#introduction() : undefined
    if (introduction !== undefined) this.server.write(introduction)
  }

  #introduction(): Buffer | undefined {
    const send = this.#home.plan.proxyProtocol?.send
    if (send === undefined) return undefined
    const { localAddress, localPort } = this.client
    return proxyHeader(send, endpointIn(this.clientAddress), this.#destination ?? endpointOf(localAddress, localPort))
  }

  originOf(peer: PeerSocket): 'client' | 'upstream' {
    return peer === this.client ? 'client' : 'upstream'
  }

  sourceOf(direction: Direction): PeerSocket {
    return direction === 'upstream' ? this.client : this.server
  }

  destinationOf(direction: Direction): PeerSocket {
    return direction === 'upstream' ? this.server : this.client
  }

  relayFrom(peer: PeerSocket): Relay {
    return peer === this.client ? this.relays.upstream : this.relays.downstream
  }

  relayTo(peer: PeerSocket): Relay {
    return peer === this.client ? this.relays.downstream : this.relays.upstream
  }

  reset(): void {
    resetPeer(this.client)
    resetPeer(this.server)
  }

  /** What the peers have not taken is lost. */
  destroy(): void {
    this.client.destroy()
    this.server.destroy()
  }

  closeRelays(): void {
    this.relays.upstream.close()
    this.relays.downstream.close()
  }

  /** Both sockets have closed: no write points into the read memory any more. */
  release(): void {
    this.relays.upstream.reader.release()
    this.relays.downstream.reader.release()
  }
}

function isPeer(accepted: Accepted): accepted is NodePeer {
  return accepted instanceof TLSSocket
}

/** Behind what waits to be written. A peer that nobody has reached yet gets nothing, and one that is never dialled would be waited for in vain. */
export function closeSoon(peer: PeerSocket): void {
  if (peer.connecting) peer.destroy()
  else peer.destroySoon()
}

function endpointOf(address: string | undefined, port: number | undefined): Endpoint | undefined {
  return address === undefined || port === undefined ? undefined : { address, port }
}

/** Of `ip:port` or `[v6]:port`. */
function endpointIn(text: string): Endpoint | undefined {
  const parsed = parseAddress(text)
  return parsed.kind === 'tcp' ? { address: parsed.host, port: Number(parsed.port) } : undefined
}
