#!/usr/bin/env node
import { launch } from './cli/launch.ts'

await launch('foulweather', async () => (await import('./cli/program.ts')).runCli)
