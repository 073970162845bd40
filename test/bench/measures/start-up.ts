import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../contenders.ts';
import { shuffled, startObserved, type World } from '../world.ts';

/** One start of one contender. */
export interface StartUp {
  /** From before the process was started until it listened, ms. */
  wallMs: number;
  /** Processor time until then, ms. */
  cpuMs: number;
  /** Bytes. */
  rss: number;
}

/** What was compiled until the app listened. */
export interface FilesRead {
  files: number;
  bytes: number;
}

const APP = 'full.cjs';

export async function measureStartUp(
  world: World,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Record<string, StartUp[]>> {
  const samples: Record<string, StartUp[]> = {};
  for (const { name } of contenders) samples[name] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders)) {
      const app = await startObserved(world, contender, APP);
      const cpu = await app.child.ask<{ all: number }>('cpu');
      const memory = await app.child.ask<{ now: number }>('memory');
      samples[contender.name]!.push({ wallMs: app.startedInMs, cpuMs: cpu.all / 1000, rss: memory.now });
      await app.close();
    }
  }
  return samples;
}

export async function countFiles(world: World, contender: Contender): Promise<FilesRead> {
  const app = await startObserved(world, contender, APP);
  const urls = await app.child.ask<string[]>('files');
  await app.close();
  const paths = new Set(urls.map((url) => (url.startsWith('file:') ? fileURLToPath(url) : url)));
  const read = [...paths].filter((path) => !path.endsWith('control.cjs') && existsSync(path));
  return { files: read.length, bytes: read.reduce((sum, path) => sum + statSync(path).size, 0) };
}
