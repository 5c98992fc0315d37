// node exchange-server.ts REQUEST RESPONSE [HOST]: for every REQUEST bytes that have come in on a connection, RESPONSE bytes go out in one
// write. Prints {"port":…}.
import { serve } from './serve.ts'

const [request = 1, response = 1] = process.argv.slice(2).map(Number)
const answer = Buffer.alloc(response, 'r')

serve(
  { noDelay: true },
  (socket) => {
    let pending = 0
    socket.on('data', (bytes: Buffer) => {
      for (pending += bytes.length; pending >= request; pending -= request) socket.write(answer)
    })
  },
  process.argv[4],
)
