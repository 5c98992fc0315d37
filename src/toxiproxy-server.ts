#!/usr/bin/env node
import { launch } from './cli/launch.ts'

await launch('toxiproxy-server', async () => (await import('./cli/toxiproxy-server.ts')).runToxiproxyServer)
