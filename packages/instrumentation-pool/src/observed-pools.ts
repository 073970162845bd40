import type { Meter } from '@opentelemetry/api';
import { dependencies, plainSettings, type PoolUse, type Settings } from '@foreshock/kit';
import type { KnownPool } from './known-pool.ts';
import type { LivePools } from './live-pools.ts';
import { addPoolGauges, stateOf } from './pool-gauges.ts';

/** Two libraries' pools may share a name, and a series' last observation counts. */
export class ObservedPools {
  readonly #all = new Set<LivePools>();
  readonly #meters = new Map<Meter, { adapters: number; readonly stop: () => void }>();

  /** @returns what stops it */
  observe(pools: LivePools, meter: Meter): () => void {
    this.#all.add(pools);
    let observed = this.#meters.get(meter);
    if (!observed) this.#meters.set(meter, (observed = { adapters: 0, stop: addPoolGauges(meter, this.#all) }));
    observed.adapters++;
    const states = (): Iterable<PoolUse> => poolStates(pools);
    const readiness = dependencies();
    const settings = (): Iterable<Settings> => poolSettings(pools);
    readiness?.pools.add(states);
    readiness?.settings.sources.add(settings);
    return () => {
      this.#all.delete(pools);
      readiness?.pools.delete(states);
      readiness?.settings.sources.delete(settings);
      if (--observed.adapters > 0) return;
      observed.stop();
      this.#meters.delete(meter);
    };
  }
}

function* poolStates(pools: LivePools): Generator<PoolUse> {
  for (const [pool, known] of pools) {
    const { name, description } = known;
    const { used: now, pending: waiting } = stateOf(known, pool);
    yield { name, used: now, pending: waiting, limit: description.limit, ask: askOf(known, pool) };
  }
}

/** Where libraries have them: `options`, `config` (mysql2, mariadb), the pool itself (tarn, generic-pool). */
function* poolSettings(pools: LivePools): Generator<Settings> {
  for (const [pool, { name }] of pools) {
    const { options, config, _config } = pool as { options?: unknown; config?: unknown; _config?: unknown };
    yield {
      library: 'pool',
      name,
      values: plainSettings(options, config, _config, options || config || _config ? {} : pool),
    };
  }
}

/** One at a time: a question that waits is no reason for another. */
function askOf(known: KnownPool, pool: object): PoolUse['ask'] {
  const { source } = known;
  if (!source.ask) return undefined;
  return () => (known.asked ??= source.ask!(pool).finally(() => (known.asked = undefined)));
}
