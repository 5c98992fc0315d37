// node pipe.ts UPSTREAM: a TCP proxy by `pipe()`. Prints {"port":…}.
import { connect } from 'node:net'
import { serve } from '../load/serve.ts'

const upstream = Number(process.argv[2])

serve({ allowHalfOpen: true, noDelay: true }, (client) => {
  const server = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  client.pipe(server)
  server.pipe(client)
  client.on('error', () => server.destroy())
  server.on('error', () => client.destroy())
})
