import { serveThread } from './engine/workers/serve-thread.ts'
import { faultFactory } from './faults/index.ts'

// The start of a worker thread: an engine with all faults (see WorkersDataPlane).
serveThread(faultFactory)
