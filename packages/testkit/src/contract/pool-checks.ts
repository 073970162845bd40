import { outcomeOf } from './bench.ts';
import type { Check } from './check.ts';

export const POOL_CHECKS = ['wait, state and holder'] as const;

export const poolChecks: Record<(typeof POOL_CHECKS)[number], Check> = {
  'wait, state and holder': async (bench) => {
    const { recorded, app } = bench;
    const { limit, run } = app.saturate!;
    recorded.clear();
    const count = limit * 4;
    const callers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        recorded.inSpan('caller', async (span) => {
          await outcomeOf(() => run(i));
          return span.spanContext().traceId;
        }),
      ),
    );
    const waits = (await bench.madeSpans(count - limit)).filter(({ name }) => name.startsWith('pool.acquire'));
    const problems: string[] = [];
    if (waits.length < count - limit) problems.push(`${count} callers of ${limit} slots have ${waits.length} waits`);
    for (const { attributes, name } of waits) {
      const { 'pool.limit': most, 'pool.used': used, 'pool.wait_ms': waited, 'pool.wait_reason': why } = attributes;
      if (most !== limit) problems.push(`'${name}' has pool.limit ${String(most)}, not ${limit}`);
      if (!(Number(used) >= 0 && Number(used) <= limit)) problems.push(`'${name}' has pool.used ${String(used)}`);
      if (!(Number(waited) >= 0)) problems.push(`'${name}' has pool.wait_ms ${String(waited)}`);
      if (typeof why !== 'string') problems.push(`'${name}' has pool.wait_reason ${String(why)}`);
    }
    const holders = waits.map(({ attributes }) => attributes['pool.holder.trace_id']).filter(Boolean);
    if (holders.length === 0) problems.push('no wait names a holder');
    if (holders.some((holder) => !callers.includes(holder as string)))
      problems.push('a wait names a holder that is none of the callers');
    return problems;
  },
};
