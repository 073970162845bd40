import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { PRELOAD, runFixture, type Collector, type Fixture, type ReceivedSpan } from '@foreshock/testkit';

/** The second preload as it is published. */
export const CHAOS = fileURLToPath(new URL('../../foreshock/dist/chaos.cjs', import.meta.url));

export interface App {
  fixture: Fixture;
  /** Asks for one call. */
  call(name: string): Promise<{ result?: any; code?: string; message?: string }>;
}

/** The application in `fixtures`, with both preloads and a plan. */
export async function startApp(
  plan: object | string | undefined,
  collector: Collector,
  env: Record<string, string> = {},
  file: 'app.mjs' | 'app.cjs' | 'libraries.cjs' = 'app.mjs',
): Promise<App> {
  const fixture = await runFixture(new URL(`./fixtures/${file}`, import.meta.url), {
    preload: 'none',
    nodeArgs: ['--require', PRELOAD, '--require', CHAOS],
    collector,
    env: {
      ...(plan !== undefined && { FORESHOCK_CHAOS: typeof plan === 'string' ? plan : JSON.stringify(plan) }),
      ...env,
    },
  });
  const { port } = await fixture.ready;
  return {
    fixture,
    async call(name) {
      const answer = await fetch(`http://127.0.0.1:${port}/${name}`);
      return (await answer.json()) as Awaited<ReturnType<App['call']>>;
    },
  };
}

/** A server that answers 200, with so many bytes. */
export async function startUpstream(
  bytes = 2,
): Promise<{ url: string; port: number; requests: string[]; server: Server }> {
  const requests: string[] = [];
  const server = createServer((req, res) => {
    requests.push(req.method!);
    req.resume().once('end', () => res.end('o'.repeat(bytes)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/`, port, requests, server };
}

/** Waits for the spans of one kind of call. */
export async function spansOf(
  collector: Collector,
  count: number,
  wanted: (span: ReceivedSpan) => boolean,
): Promise<ReceivedSpan[]> {
  await collector.waitForSpans((spans) => spans.filter(wanted).length >= count);
  return collector.spans.filter(wanted);
}

/** Only the events that faults make. */
export function chaosOf({ events }: ReceivedSpan): { name: string; attributes: Record<string, unknown> }[] {
  return events.filter(({ name }) => name.startsWith('chaos.')).map(({ name, attributes }) => ({ name, attributes }));
}
