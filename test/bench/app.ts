import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import type { Contender } from './contenders.ts';
import { onApp } from './place.ts';

/** An app under a contender's tracer. */
export interface App {
  child: Child;
  port: number;
  /** From before the process was started until it listened, ms. */
  startedInMs: number;
}

const folder = fileURLToPath(new URL('./apps/', import.meta.url));

/** Only what an app needs: nothing of the benchmark's own environment may reach a tracer. */
const INHERITED = Object.fromEntries(
  ['PATH', 'HOME', 'LANG', 'TMPDIR', 'SystemRoot'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  ),
);

/**
 * Starts an app and waits until it listens.
 *
 * @param backend where its spans go
 * @param env what the app itself needs: the database, the other service
 */
export async function startApp(
  { preload, env: settings }: Contender,
  file: string,
  backend: string,
  env: Record<string, string>,
): Promise<App> {
  const preloads = [preload, `${folder}control.cjs`].flatMap((each) => (each ? ['--require', each] : []));
  const [command, args] = onApp([...preloads, folder + file]);
  const before = performance.now();
  const child = new Child(command, args, { ...INHERITED, ...settings(backend), ...env });
  const { listening } = await child.announced;
  return { child, port: listening, startedInMs: performance.now() - before };
}
