import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@foreshock/testkit';
import { startApp } from '../app.ts';
import type { Contender } from '../contenders.ts';
import type { World } from '../world.ts';

/** From SIGTERM until an app that drains has ended, ms; null: not within the time given. */
export interface Shutdown {
  down: number | null;
  hanging: number | null;
}

export interface ShutdownPlan {
  /** How long each app is under a light load before its SIGTERM, ms. */
  loadMs: number;
  /** How long it may take to end, ms. */
  limitMs: number;
}

const RATE = 60;

/** Backends that refuse and backends that never answer, and apps that must end all the same. */
export async function measureShutdown(
  world: World,
  contenders: readonly Contender[],
  { loadMs, limitMs }: ShutdownPlan,
): Promise<Record<string, Shutdown>> {
  const down = await freePort();
  const hanging = await world.sink.ask<number>('open', { hangs: true });
  const samples: Record<string, Shutdown> = {};
  for (const { name } of contenders) samples[name] = { down: null, hanging: null };
  const states = [
    { state: 'down', port: down },
    { state: 'hanging', port: hanging },
  ] as const;
  const apps = await Promise.all(
    contenders.flatMap((contender) =>
      states.map(async ({ state, port }) => {
        const app = await startApp(contender, 'full.cjs', `http://127.0.0.1:${port}`, world.env);
        return { name: contender.name, state, app };
      }),
    ),
  );
  const paced = { path: '/orders/7', connections: 5, rate: RATE, ms: loadMs };
  await Promise.all(apps.map(({ app: { port } }) => world.load.ask('pace', { ...paced, port })));
  const ended = apps.map(({ name, state, app: { child } }) => {
    const signalledAt = performance.now();
    child.process.kill('SIGTERM');
    return child.exited.then(() => void (samples[name]![state] = performance.now() - signalledAt));
  });
  await Promise.race([Promise.all(ended), delay(limitMs, undefined, { ref: false })]);
  const result = structuredClone(samples);
  await Promise.all(apps.map(({ app }) => app.child.kill()));
  await world.sink.ask('close', hanging);
  return result;
}
