import { pathToFileURL } from 'node:url';
import { installed, runFixture, type ReceivedMetric, type ReceivedSpan } from '@foreshock/testkit';
import { vi } from 'vitest';
import type { FailingServer } from './failing-server.ts';

/** What a scenario left behind. */
export interface Played {
  /** What the application noticed, in order; plain data. */
  log: unknown[];
  spans: ReceivedSpan[];
  metrics: ReceivedMetric[];
  /** What reached the server: method and path, sorted. */
  requests: string[];
  /** The same requests' `baggage` headers, in order of arrival. */
  baggage: (string | undefined)[];
}

/** An application with certain versions of libraries, in which one scenario can be played. */
export interface Stage {
  /** Plays it in a process of its own, as a user's application would run. */
  play(loader: 'mjs' | 'cjs', traced: boolean, node?: 22 | 24 | 26): Promise<Played>;
  remove(): void;
}

/** How a scenario is loaded, and by which Node: contexts follow calls by other means in 22 than from 24 on. */
export const WAYS = [
  ['mjs', 22],
  ['cjs', 24],
] as const;

/** The same in the words of the table that a run prints. */
export const LOADED = { mjs: 'ESM', cjs: 'CJS' } as const;

// A scenario is ready at its end, and a test plays two: on a busy machine that takes longer than a server's start.
const PLAY_MS = 60_000;
vi.setConfig({ testTimeout: 2 * PLAY_MS, hookTimeout: 2 * PLAY_MS });

const RUNNER = new URL('./run-scenario.ts', import.meta.url);

/**
 * @param name of the fixtures: `fixtures/<name>.mjs` or `.cjs` loads the libraries, `fixtures/<name>-scenario.mjs`
 * uses them
 * @param libraries by name, with the alias each is installed from
 * @param server that the scenario calls
 */
export function openStage(name: string, libraries: Record<string, string>, server: FailingServer): Stage {
  const app = installed(libraries);
  const fixture = (file: string): URL => new URL(`./fixtures/${name}${file}`, import.meta.url);
  return {
    async play(loader, traced, node = 24) {
      server.forget();
      const child = await runFixture(RUNNER, {
        preload: 'none',
        node,
        readyTimeoutMs: PLAY_MS,
        nodeArgs: ['--conditions=@foreshock/source'],
        args: [
          traced ? 'traced' : 'untraced',
          pathToFileURL(app.add(fixture(`.${loader}`))).href,
          fixture('-scenario.mjs').href,
          server.url,
        ],
      });
      const { log, spans, metrics } = (await child.ready) as Pick<Played, 'log' | 'spans' | 'metrics'>;
      const requests = server.requests.map(({ method, path }) => `${method} ${path}`).sort();
      const baggage = server.requests.map(({ headers }) => headers.baggage as string | undefined);
      return { log, spans, metrics, requests, baggage };
    },
    remove: () => app.remove(),
  };
}
