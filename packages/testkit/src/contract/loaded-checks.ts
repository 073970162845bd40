import { isDeepStrictEqual } from 'node:util';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { moreListeners, names, outcomeOf, type Bench } from './bench.ts';
import { brokenTelemetry } from './broken-telemetry.ts';
import type { Check } from './check.ts';
import type { ContractCheck } from './job.ts';
import { changedSurfaces, surfacesOf } from './surfaces.ts';

/** The library first; checks enable and disable the instrumentation. */
export const loadedChecks: Partial<Record<ContractCheck, Check>> = {
  restored: async (bench) => {
    const { app, instrumentation, recorded } = bench;
    const problems: string[] = [];
    const listeners = bench.listeners();
    const surfaces = surfacesOf([app.call?.owner, ...Array.from(listeners.keys(), Object.getPrototypeOf)]);
    instrumentation.enable();
    recorded.clear();
    await app.succeed();
    await outcomeOf(() => app.fail());
    problems.push(...(await unattached(bench)));
    instrumentation.disable();
    problems.push(...changedSurfaces(surfaces), ...moreListeners(listeners, bench.listeners()));
    const after = await bench.traced(() => app.succeed(), 0);
    if (after.made.length > 0) problems.push(`spans after disable: ${names(after.made)}`);
    return problems;
  },

  identity: async (bench) => {
    const { app, instrumentation, recorded } = bench;
    const { owner, method } = app.call!;
    const descriptor = Object.getOwnPropertyDescriptor(owner, method);
    const raw: unknown = descriptor?.value;
    if (!descriptor || typeof raw !== 'function') return [`${String(method)} is not a method of its own of call.owner`];
    const problems: string[] = [];
    const calls: { returned?: unknown; thrown?: unknown }[] = [];
    const spy = function (this: unknown, ...args: unknown[]): unknown {
      const call: (typeof calls)[number] = {};
      calls.push(call);
      try {
        return (call.returned = Reflect.apply(raw, this, args));
      } catch (error) {
        call.thrown = error;
        throw error;
      }
    };
    for (const key of ['name', 'length'])
      Object.defineProperty(spy, key, { configurable: true, value: (raw as any)[key] });
    Object.defineProperty(owner, method, { ...descriptor, value: spy });
    instrumentation.enable();
    recorded.clear();
    try {
      const patched = (owner as any)[method];
      if (patched.name !== raw.name || patched.length !== raw.length) {
        problems.push(`${raw.name}(${raw.length} parameters) became ${patched.name}(${patched.length} parameters)`);
      }
      for (const name of ['succeed', 'fail'] as const) {
        calls.length = 0;
        let returned: unknown;
        let thrown: unknown;
        await recorded.inSpan('caller', async () => {
          try {
            returned = app[name]();
          } catch (error) {
            thrown = error;
          }
          await outcomeOf(() => returned);
        });
        const [first] = calls;
        if (!first) problems.push(`${name}() never called ${String(method)} of call.owner`);
        else if (first.returned !== returned)
          problems.push(`${name}() got another ${kindOf(returned)} than the library returned`);
        else if (first.thrown !== thrown) problems.push(`${name}() threw another error than the library did`);
      }
      return [...problems, ...(await unattached(bench))];
    } finally {
      instrumentation.disable();
      Object.defineProperty(owner, method, descriptor);
    }
  },

  'unhandled rejection': async (bench) => {
    const { app, instrumentation, faults } = bench;
    const usual = await unhandledRejections(bench, 0);
    instrumentation.enable();
    bench.recorded.clear();
    try {
      const traced = await unhandledRejections(bench, usual);
      // A handled rejection must stay handled, without a second promise that rejects.
      await outcomeOf(() => app.fail());
      await turn();
      await delay(10);
      const extra = faults.splice(0);
      const problems = extra.map((fault) => `although the caller handled the error: ${fault}`);
      if (traced !== usual)
        problems.push(`${usual} unhandled rejections without the instrumentation, ${traced} with it`);
      return [...problems, ...(await unattached(bench))];
    } finally {
      instrumentation.disable();
    }
  },

  'throwing telemetry': async (bench) => {
    const { app, instrumentation, recorded } = bench;
    const problems: string[] = [];
    const usual = { succeed: await usualOf(app.succeed), fail: await usualOf(app.fail) };
    instrumentation.enable();
    try {
      for (const { what, tracerProvider, meterProvider } of brokenTelemetry(recorded.tracerProvider)) {
        instrumentation.setTracerProvider(tracerProvider);
        instrumentation.setMeterProvider(meterProvider);
        for (const name of ['succeed', 'fail'] as const) {
          const outcome = await recorded.inSpan('caller', () => outcomeOf(() => app[name]()));
          problems.push(...usual[name](outcome).map((problem) => `${what}: ${name}() ${problem}`));
        }
        if (app.callback) {
          const { error, result } = await bench.viaCallback();
          problems.push(...usual.succeed({ value: result, error }).map((problem) => `${what}: callback() ${problem}`));
        }
        if (app.saturate) {
          const { limit, run } = app.saturate;
          const runs = Array.from({ length: limit * 3 }, (_, i) => outcomeOf(() => run(i)));
          const failed = (await Promise.all(runs)).filter(({ error }) => error !== undefined);
          if (failed.length > 0)
            problems.push(`${what}: ${failed.length} competing calls failed: ${String(failed[0]!.error)}`);
        }
      }
      instrumentation.setTracerProvider(recorded.tracerProvider);
      // Calls with broken telemetry may still run.
      await delay(25);
      const later = await bench.traced(() => app.succeed(), 1);
      if (later.made.length !== 1)
        problems.push(`once telemetry works again, one call made ${later.made.length} spans`);
      problems.push(...bench.misplaced(later));
    } finally {
      instrumentation.disable();
    }
    return problems;
  },
};

/** Unattached, it would pass. */
async function unattached(bench: Bench): Promise<string[]> {
  // Perhaps spanless outside a trace.
  const { made } = await bench.traced(() => bench.app.succeed(), 1);
  return made.length > 0 ? [] : ['enabled after the library was loaded, the instrumentation makes no spans'];
}

/** Waits for an unhandled failing call's `expected` reports, then for unexpected ones. */
async function unhandledRejections({ app, faults }: Bench, expected: number): Promise<number> {
  faults.length = 0;
  try {
    void app.fail();
  } catch {
    return 0;
  }
  // After the first call.
  for (let i = 0; i < 3; i++) await outcomeOf(() => app.fail());
  for (let i = 0; i < 20 && faults.length < Math.max(1, expected); i++) await delay(10);
  await turn();
  await delay(10);
  return faults.splice(0).length;
}

/** Without instrumentation. */
async function usualOf(call: () => unknown): Promise<(outcome: { value: unknown; error: unknown }) => string[]> {
  const [first, second] = [await outcomeOf(call), await outcomeOf(call)];
  // Varying results (an id, a time) are compared by type.
  const steady = isDeepStrictEqual(first.value, second.value);
  return ({ value, error }) => {
    if (error !== undefined || first.error !== undefined) {
      const [got, had] = [describeError(error), describeError(first.error)];
      return got === had || describeError(second.error) !== had ? [] : [`gave ${got} instead of ${had}`];
    }
    const same = steady ? isDeepStrictEqual(value, first.value) : kindOf(value) === kindOf(first.value);
    return same ? [] : [`gave another ${kindOf(value)} than usual`];
  };
}

/** Without durations. */
function describeError(error: unknown): string {
  if (error === undefined) return 'no error';
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  return `${(error as object).constructor?.name ?? typeof error} ${name} ${code} '${message?.replace(/\d+ ?ms\b/g, 'ms')}'`;
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'object') : typeof value;
}
