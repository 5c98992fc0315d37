// node echo-server.ts: sends back what it gets, and ends when the other side has ended. Prints {"port":…}.
import { serve } from './serve.ts'

serve({ allowHalfOpen: true, noDelay: true }, (socket) => socket.pipe(socket))
