/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests, vitest/valid-title -- a suite that others fill in */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ReceivedSpan } from '../received-span.ts';
import type { Column } from '../table/rows.ts';
import { CHECKS, checksOf, type ContractCheck, type Job, type Loader, type Order, type Room } from './job.ts';
import type { Marks } from './marked-calls.ts';
import type { Mutant } from './mutant.ts';
import { runJob, TIMEOUT_MS, type Findings } from './run-job.ts';
import { versionIn } from '../installed.ts';
import { evidenceOf } from './evidence.ts';

/** `.ci/run` accepts no others. */
const SKIPPED_TESTS = new Set(
  readFileSync(new URL('../../../../.ci/skipped-tests.txt', import.meta.url), 'utf8').split('\n'),
);

export interface AdapterContract {
  /** npm name; others are disabled. */
  library: string;
  /** Module (package name or URL) and export of a factory `(config) => Instrumentation`; perhaps `spanProcessors()`. */
  instrumentation: { module: string; export: string; config?: Record<string, unknown> };
  /** A {@link ContractFixture} as ES module. */
  fixture: URL;
  /** For `require`; default: the ES module. */
  fixtureCjs?: URL;
  /** Default both. */
  loaders?: readonly Loader[];
  rooms?: readonly Room[];
  /** Default: the test's own. */
  node?: 22 | 24 | 26;
  /** Of `open`; called once. */
  env?: () => Promise<Record<string, string>>;
  expect: {
    /** `toMatchObject` for `succeed()`. */
    span: Record<string, unknown>;
    /** For `fail()`. */
    error?: Record<string, unknown>;
  };
  /** With it, no spans. */
  upstream?: string;
  /** Closures are only observed from creation: the instrumentation is enabled while the fixture opens. */
  closures?: boolean;
  /** For the library's commands: factory's export of the same module. */
  commands?: string;
  /** Calls without spans. */
  marks?: Marks;
  /** For these table columns. */
  shows?: readonly Column[];
  /** With reasons. */
  skip?: Partial<Record<ContractCheck, string>>;
}

/** Declares an adapter's tests, with `import` and `require`, in child processes with their own SDK. */
export function adapterContract(spec: AdapterContract): void {
  const { library, node } = spec;
  const env = once(async () => (await spec.env?.()) ?? {});
  const name = `${library} ${versionIn(spec.fixture, library)}${node ? ` on Node ${node}` : ''}`;
  describe.each<Loader>(spec.loaders ?? ['import', 'require'])(`${name} by %s`, (loader) => {
    for (const order of Object.keys(CHECKS) as Order[]) {
      const findings = once(async () => examine(spec, loader, order, await env()));
      for (const check of checksOf(order, spec.rooms)) {
        const reason = spec.skip?.[check];
        if (reason) skipped(`${check}: does not apply, ${reason}`);
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

function skipped(title: string): void {
  if (SKIPPED_TESTS.has(title)) test.skip(title, () => {});
  else test(title, () => expect.fail(`.ci/skipped-tests.txt lacks the line: ${title}`));
}

/**
 * Without declaring tests.
 *
 * @param mutant only its check is made
 */
export async function examine(
  spec: AdapterContract,
  loader: Loader,
  order: Order,
  env: Record<string, string>,
  mutant?: Mutant,
): Promise<Findings> {
  const { module, export: name, config = {} } = spec.instrumentation;
  const fixture = fixtureOf(spec, loader);
  const checks = mutant ? [mutant.check] : checksOf(order, spec.rooms).filter((check) => !spec.skip?.[check]);
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
    closures: spec.closures ?? false,
    marks: spec.marks,
    commands: spec.commands,
    checks,
  };
  const { died, examples } = await runJob(job, findings, spec.node, mutant);
  for (const check of checks) if (!findings.has(check)) findings.set(check, [`not examined: ${died}`]);
  for (const check of ['one span a call', 'one trace a run'] as const) {
    compare(findings, check, examples.succeed, spec.expect.span);
  }
  compare(findings, 'error status', examples.fail, spec.expect.error);
  return findings;
}

/** One test per mutant: its check must fail. */
export function mutantContract(spec: AdapterContract, mutants: readonly Mutant[]): void {
  const env = once(async () => (await spec.env?.()) ?? {});
  const [loader = 'import'] = spec.loaders ?? [];
  describe.each(mutants)(`${spec.library}: '$check' fails`, (mutant) => {
    const { check, order = 'hooked', fault } = mutant;
    test(`when ${fault}`, { timeout: 2 * TIMEOUT_MS }, async () => {
      const problems = (await examine(spec, loader, order, await env(), mutant)).get(check)!;
      expect(problems).not.toEqual([]);
      // It fails without a fault, too.
      expect(problems.join('\n')).not.toMatch(/^not examined|the check itself failed|^needs /m);
    });
  });
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
