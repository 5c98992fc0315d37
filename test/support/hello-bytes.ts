import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A number of `width` bytes, the highest first. */
function number(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(value, 0, width)
  return bytes
}

/** The bytes with their length in front. */
function field(width: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts)
  return Buffer.concat([number(bytes.length, width), bytes])
}

export interface HelloParts {
  readonly legacyVersion?: number
  readonly servernames?: readonly string[]
  readonly alpn?: readonly (string | Buffer)[]
  readonly versions?: readonly number[]
  /** Others, in front of these. */
  readonly extensions?: readonly (readonly [type: number, body: Buffer])[]
  /** No extensions at all, not even an empty list. */
  readonly bare?: boolean
}

export function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([number(type, 2), field(2, body)])
}

/** A ClientHello with its message header, without records. */
export function helloMessage(parts: HelloParts = {}): Buffer {
  const { legacyVersion = 0x0303, servernames = [], alpn = [], versions = [], extensions = [], bare = false } = parts
  const list = extensions.map(([type, body]) => extension(type, body))
  if (servernames.length > 0) {
    const names = servernames.map((name) => Buffer.concat([number(0, 1), field(2, Buffer.from(name, 'latin1'))]))
    list.push(extension(0, field(2, ...names)))
  }
  if (alpn.length > 0) list.push(extension(16, field(2, ...alpn.map((name) => field(1, Buffer.from(name as string))))))
  if (versions.length > 0) list.push(extension(43, field(1, ...versions.map((version) => number(version, 2)))))
  const body = Buffer.concat([
    number(legacyVersion, 2),
    Buffer.alloc(32, 7),
    field(1, Buffer.alloc(32, 9)),
    field(2, Buffer.from('1301c02f', 'hex')),
    field(1, Buffer.alloc(1)),
    ...(bare ? [] : [field(2, ...list)]),
  ])
  return Buffer.concat([number(1, 1), field(3, body)])
}

/** In records of the given sizes, over and over. */
export function inRecords(message: Buffer, sizes: readonly number[] = [16_384], type = 22): Buffer {
  const records: Buffer[] = []
  for (let at = 0; at < message.length;) {
    const end = Math.min(message.length, at + (sizes[records.length % sizes.length] ?? 1))
    records.push(Buffer.from([type, 3, 1]), field(2, message.subarray(at, end)))
    at = end
  }
  return Buffer.concat(records)
}

/** The first record that a client sends to the port it is given. `connect` starts the client, and answers how it is stopped. */
export async function firstRecord(connect: (port: number) => () => void): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const stop = connect(port)
  const [socket] = (await accepted) as [Socket]
  try {
    let bytes = Buffer.alloc(0)
    while (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3)) {
      const [more] = (await once(socket, 'data')) as [Buffer]
      bytes = Buffer.concat([bytes, more])
    }
    return bytes.subarray(0, 5 + bytes.readUInt16BE(3))
  } finally {
    stop()
    socket.destroy()
    server.close()
  }
}
