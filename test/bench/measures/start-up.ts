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

export async function measureStartUp(
  world: World,
  contenders: readonly Contender[],
  rounds: number,
): Promise<{ startUp: Record<string, StartUp[]>; files: Record<string, FilesRead> }> {
  const startUp: Record<string, StartUp[]> = {};
  const files: Record<string, FilesRead> = {};
  for (const { name } of contenders) startUp[name] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders)) {
      const { name } = contender;
      const { child, startedInMs, close } = await startObserved(world, contender, { app: 'full.cjs' });
      const cpu = await child.ask<{ all: number }>('cpu');
      const memory = await child.ask<{ now: number }>('memory');
      startUp[name]!.push({ wallMs: startedInMs, cpuMs: cpu.all / 1000, rss: memory.now });
      files[name] ??= sizeOf(await child.ask<string[]>('files'));
      await close();
    }
  }
  return { startUp, files };
}

function sizeOf(urls: readonly string[]): FilesRead {
  const paths = new Set(urls.map((url) => (url.startsWith('file:') ? fileURLToPath(url) : url)));
  const read = [...paths].filter((path) => !path.endsWith('control.cjs') && existsSync(path));
  return { files: read.length, bytes: read.reduce((sum, path) => sum + statSync(path).size, 0) };
}
