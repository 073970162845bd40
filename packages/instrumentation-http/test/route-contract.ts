/* What every web framework must show: each request by its route, in its caller's trace. */
import type { Adapter } from '@foreshock/kit';
import {
  IS_OF_MUTANTS,
  runFixture,
  shows,
  sourceRun,
  startCollector,
  versionedApps,
  versionIn,
  type Fault,
  type FixtureOptions,
  type ReceivedSpan,
  type Versions,
} from '@foreshock/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A request to make, and how the server's span is called: by its route, unless another (`''`: none) is given. */
export type Expected = [method: string, path: string, status: number, name: string, route?: string, failed?: boolean];

interface Served {
  name: string;
  traceId: string;
  parentSpanId: string;
  failed: boolean;
  route: unknown;
  path: unknown;
  status: number;
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const INSTRUMENTED = new URL('./fixtures/instrumented.ts', import.meta.url);

/** Makes the requests to an application, each as a caller with a trace would; gives what the server's spans say. */
export async function servedBy(fixture: URL, options: FixtureOptions, expected: Expected[]): Promise<Served[]> {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const app = await runFixture(fixture, { ...options, collector });
  const { port } = await app.ready;
  for (const [method, path, status] of expected) {
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
    expect([path, response.status]).toEqual([path, status]);
    await response.text();
  }
  const isServed = ({ kind }: ReceivedSpan): boolean => kind === 'SERVER';
  const spans = await collector.waitForSpans((all) => all.filter(isServed).length === expected.length);
  await app.stop();
  // As they were asked for: a wall clock may step back between two requests.
  const order = expected.map(([method, path]) => `${method} ${path.split('?', 1)[0]}`);
  const place = ({ attributes }: ReceivedSpan): number =>
    order.indexOf(`${attributes['http.request.method'] as string} ${attributes['url.path'] as string}`);
  const served = spans.filter(isServed).sort((a, b) => place(a) - place(b) || a.startTime - b.startTime);
  return served.map(({ name, traceId, parentSpanId, status, attributes }) => ({
    name,
    traceId,
    parentSpanId,
    failed: status.code === 'ERROR',
    route: attributes['http.route'],
    path: attributes['url.path'],
    status: Number(attributes['http.response.status_code']),
  }));
}

/** What the server's spans are to say. */
export function expectedOf(expected: Expected[]): Served[] {
  const routeOf = (method: string, name: string) => name.slice(method.length + 1);
  return expected.map(([method, path, status, name, route = routeOf(method, name), failed = status >= 500]) => ({
    name,
    traceId: TRACE,
    parentSpanId: CALLER,
    failed,
    route: route || undefined,
    path: path.split('?')[0],
    status,
  }));
}

export interface RouteOptions extends Versions {
  /** Of the application, by the framework's alias. */
  args?: Record<string, string[]>;
  mutants?: readonly Fault[];
}

/** The contract of the framework in a folder: its fixture is an application that prints where it listens. */
export function routeContract(
  adapter: Adapter<any>,
  folder: string,
  expected: Expected[],
  { args = {}, mutants = [], ...versions }: RouteOptions = {},
): void {
  if (IS_OF_MUTANTS) return faultsAreFound(adapter, folder, expected, mutants);
  describe.each(versionedApps(adapter, folder, versions))(`${adapter.library} as $alias on Node $node`, (app) => {
    const { alias, node, fixture, fixtureCjs } = app;
    it.each([
      ['ESM', fixture, 'import'],
      ['CJS', fixtureCjs, 'require'],
    ] as const)('serves %s with its routes', async (loaded, file, preload) => {
      shows(adapter.library, ['spans', 'parent', loaded], versionIn(file, adapter.library));
      const options = { preload, ...(node && { node }), ...(args[alias] && { args: args[alias] }) };
      expect(await servedBy(file, options, expected)).toEqual(expectedOf(expected));
    });
  });
}

/** `npm run test:mutants`: of our source, as the preload is built. */
function faultsAreFound(
  { library }: Adapter<any>,
  folder: string,
  expected: Expected[],
  mutants: readonly Fault[],
): void {
  const served = (fault?: Fault): Promise<Served[]> => {
    const { execArgv, env } = sourceRun(fault);
    const nodeArgs = [...execArgv, '--import', INSTRUMENTED.href];
    return servedBy(new URL('fixture.mjs', folder), { preload: 'none', nodeArgs, env }, expected);
  };
  it(`${library} passes without a fault`, async () => {
    expect(await served()).toEqual(expectedOf(expected));
  });
  it.each(mutants.filter((each) => each.library === library))('$library fails when $fault', async (fault) => {
    expect(await served(fault)).not.toEqual(expectedOf(expected));
  });
}
