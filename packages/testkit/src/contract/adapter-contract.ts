/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests, vitest/valid-title -- a suite that others fill in */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ReceivedSpan } from '../received-span.ts';
import type { Column } from '../table/rows.ts';
import { CHECKS, checksOf, type ContractCheck, type Job, type Loader, type Order, type Room } from './job.ts';
import type { Marks } from './marked-calls.ts';
import { runJob, TIMEOUT_MS, type Findings } from './run-job.ts';
import { versionIn } from '../installed.ts';
import { evidenceOf } from './evidence.ts';

/** One adapter, as the contract suite is to examine it. */
export interface AdapterContract {
  /** npm name; of the instrumentation only this library's adapter is attached. */
  library: string;
  /**
   * A factory `(config) => Instrumentation`: package name or URL of its module, and its name there. The module may export
   * `spanProcessors()` too.
   */
  instrumentation: { module: string; export: string; config?: Record<string, unknown> };
  /** The fixture module, loaded with `import`; see {@link ContractFixture}. */
  fixture: URL;
  /** The same for `require`; without it `require` is given the ES module. */
  fixtureCjs?: URL;
  /** How the fixture is loaded; default both ways. */
  loaders?: readonly Loader[];
  /** Whose checks are made as well. */
  rooms?: readonly Room[];
  /** Which Node the fixtures run on; default the one that runs the tests. */
  node?: 22 | 24 | 26;
  /** What `open` gets, such as the URL of a server; called once. */
  env?: () => Promise<Record<string, string>>;
  expect: {
    /** `toMatchObject` for the span of `succeed()`: name, kind, key attributes. */
    span: Record<string, unknown>;
    /** The same for the span of `fail()`. */
    error?: Record<string, unknown>;
  };
  /** Upstream's instrumentation of the library: with it in the process, no spans. */
  upstream?: string;
  /** Starts of the names of spans that belong to no caller, and have a trace of their own: `pool.saturated`. */
  ownTraces?: string[];
  /**
   * The library's objects are closures, observed from their making only: the instrumentation is enabled while the
   * fixture opens, also in the checks that enable it afterwards.
   */
  closures?: boolean;
  /** The instrumentation of what the library itself sends commands by: URL of its module, and its factory's name there. */
  commands?: { module: string; export: string };
  /** The library's calls have no span of their own, but show themselves so. */
  marks?: Marks;
  /** The columns of the table that the contract is evidence for, where a check shows one; default none. */
  shows?: readonly Column[];
  /** Checks that do not apply to this library, each with the reason. */
  skip?: Partial<Record<ContractCheck, string>>;
}

/**
 * Declares the tests that every adapter must pass, each against the fixture loaded by `import` and by
 * `require`, in child processes with an SDK of their own.
 */
export function adapterContract(spec: AdapterContract): void {
  const { library, node } = spec;
  const env = once(async () => (await spec.env?.()) ?? {});
  const name = `${library} ${versionIn(spec.fixture, library)}${node ? ` on Node ${node}` : ''}`;
  describe.each<Loader>(spec.loaders ?? ['import', 'require'])(`${name} by %s`, (loader) => {
    for (const order of Object.keys(CHECKS) as Order[]) {
      const findings = once(async () => examine(spec, loader, order, await env()));
      for (const check of checksOf(order, spec.rooms)) {
        const reason = spec.skip?.[check];
        if (reason) test.skip(`${check}: does not apply, ${reason}`, () => {});
        else {
          test(check, { timeout: 2 * TIMEOUT_MS }, async () => {
            if (spec.shows) evidenceOf(spec.library, fixtureOf(spec, loader), check, spec.shows);
            expect((await findings()).get(check)!.join('\n')).toBe('');
          });
        }
      }
    }
  });
}

/** The same without tests around it: what the checks of one order found. */
export async function examine(
  spec: AdapterContract,
  loader: Loader,
  order: Order,
  env: Record<string, string>,
): Promise<Findings> {
  const { module, export: name, config = {} } = spec.instrumentation;
  const fixture = fixtureOf(spec, loader);
  const checks = checksOf(order, spec.rooms).filter((check) => !spec.skip?.[check]);
  const findings: Findings = new Map();
  const job: Job = {
    library: spec.library,
    module: module.startsWith('file:') ? module : pathToFileURL(createRequire(spec.fixture).resolve(module)).href,
    export: name,
    config,
    fixture: fixture.href,
    loader,
    order,
    env,
    upstream: spec.upstream,
    ownTraces: spec.ownTraces ?? [],
    closures: spec.closures ?? false,
    marks: spec.marks,
    commands: spec.commands,
    checks,
  };
  const { died, examples } = await runJob(job, findings, spec.node);
  for (const check of checks) if (!findings.has(check)) findings.set(check, [`not examined: ${died}`]);
  for (const check of ['one span a call', 'one trace a run'] as const) {
    compare(findings, check, examples.succeed, spec.expect.span);
  }
  compare(findings, 'error status', examples.fail, spec.expect.error);
  return findings;
}

function fixtureOf({ fixture, fixtureCjs = fixture }: AdapterContract, loader: Loader): URL {
  return loader === 'require' ? fixtureCjs : fixture;
}

function compare(
  findings: Findings,
  check: ContractCheck,
  span: ReceivedSpan | undefined,
  expected: Record<string, unknown> | undefined,
): void {
  if (!span || !expected) return;
  try {
    expect(span).toMatchObject(expected);
  } catch (error) {
    findings.get(check)?.push(`${(error as Error).message}\n${inspect(span, { depth: 3 })}`);
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
