import { active } from './active.ts'
import { bandwidth } from './bandwidth.ts'
import { bulk } from './bulk.ts'
import type { Case } from './case.ts'
import { connections } from './connections.ts'
import { control } from './control.ts'
import { echoing, echoingMany } from './echo.ts'
import { fidelityHttpError } from './fidelity/http-error.ts'
import { fidelityHttpLatency } from './fidelity/http-latency.ts'
import { fidelityHttpRate } from './fidelity/http-rate.ts'
import { fidelityLatency } from './fidelity/latency.ts'
import { fidelityLoss } from './fidelity/loss.ts'
import { fidelityRate } from './fidelity/rate.ts'
import { fidelityWindows } from './fidelity/stall-flap.ts'
import { httpActive } from './http/active.ts'
import { http64k, httpClose, httpSmall } from './http/cost.ts'
import { http } from './http.ts'
import { idle, idleMany } from './idle.ts'
import { latency } from './latency.ts'
import { liveHalt } from './live/halt.ts'
import { liveLarge } from './live/large.ts'
import { liveReload } from './live/reload.ts'
import { liveToggle } from './live/toggle.ts'
import { pgbench } from './pgbench.ts'
import { redis } from './redis.ts'
import { slowReader } from './slow-reader.ts'
import { reloadStorm } from './reload-storm.ts'
import { storm } from './storm.ts'
import { workers, workersConnections } from './workers.ts'

/** Every case, in the order in which they run. */
export const CASES: readonly Case[] = [
  bulk,
  echoing,
  echoingMany,
  redis,
  pgbench,
  http,
  httpSmall,
  http64k,
  httpClose,
  httpActive,
  connections,
  workers,
  workersConnections,
  idle,
  idleMany,
  slowReader,
  latency,
  bandwidth,
  active,
  control,
  storm,
  reloadStorm,
  fidelityLatency,
  fidelityRate,
  fidelityWindows,
  fidelityLoss,
  fidelityHttpLatency,
  fidelityHttpError,
  fidelityHttpRate,
  liveToggle,
  liveReload,
  liveLarge,
  liveHalt,
]
