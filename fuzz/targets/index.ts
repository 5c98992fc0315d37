import type { FuzzTarget } from '../target.ts'
import { api } from './api.ts'
import { cli } from './cli.ts'
import { clientHello } from './client-hello.ts'
import { files } from './files.ts'
import { framer } from './framer.ts'
import { framerNode } from './framer-node.ts'
import { profile } from './profile.ts'
import { proxyProtocol } from './proxy-protocol.ts'
import { texts } from './texts.ts'
import { toxiproxy } from './toxiproxy.ts'

export const TARGETS: readonly FuzzTarget[] = [
  framer,
  framerNode,
  profile,
  api,
  cli,
  toxiproxy,
  proxyProtocol,
  clientHello,
  texts,
  files,
]

/** @throws RangeError for a name that none has. */
export function targetOf(name: string): FuzzTarget {
  const target = TARGETS.find((each) => each.name === name)
  if (target === undefined)
    throw new RangeError(
      `there is no target ${JSON.stringify(name)}; there are ${TARGETS.map((each) => each.name).join(', ')}`,
    )
  return target
}
