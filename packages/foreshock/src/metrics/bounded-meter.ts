import {
  context,
  type Attributes,
  type Context,
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type MeterOptions,
  type MeterProvider,
  type MetricOptions,
  type UpDownCounter,
} from '@opentelemetry/api';
import { recorderOf } from './cells.ts';
import { keepExemplar, SeriesTable } from './series.ts';

const NONE: Attributes = {};
/** The SDK's, without advice (sdk-metrics 3.1, src/view/Aggregation.ts). */
const DEFAULT_BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

/** Before the SDK's provider, which neither bounds attribute sets over collections nor keeps exemplars. */
export class BoundedMeterProvider implements MeterProvider {
  readonly #provider: MeterProvider;
  readonly #meters = new Map<Meter, BoundedMeter>();
  readonly #tables = new Map<string, SeriesTable>();
  readonly #hasTraces: boolean;

  /** @param hasTraces exemplars lead somewhere */
  constructor(provider: MeterProvider, hasTraces: boolean) {
    this.#provider = provider;
    this.#hasTraces = hasTraces;
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    // The SDK repeats meters for equal arguments.
    const meter = this.#provider.getMeter(name, version, options);
    let bounded = this.#meters.get(meter);
    if (!bounded) this.#meters.set(meter, (bounded = new BoundedMeter(meter, name, this.#tables, this.#hasTraces)));
    return bounded;
  }

  /** By instrument: counted without their own attributes. */
  *folded(): Generator<[instrument: string, count: number]> {
    for (const [key, { folded }] of this.#tables) if (folded > 0) yield [key.slice(key.indexOf('\0') + 1), folded];
  }
}

class BoundedMeter implements Meter {
  readonly #meter: Meter;
  readonly #scope: string;
  readonly #tables: Map<string, SeriesTable>;
  readonly #hasTraces: boolean;

  constructor(meter: Meter, scope: string, tables: Map<string, SeriesTable>, hasTraces: boolean) {
    this.#hasTraces = hasTraces;
    this.#meter = meter;
    this.#scope = scope;
    this.#tables = tables;
  }

  #table(name: string): SeriesTable {
    const key = `${this.#scope}\0${name}`;
    let table = this.#tables.get(key);
    if (!table) this.#tables.set(key, (table = new SeriesTable()));
    return table;
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    const inner = this.#meter.createHistogram(name, options);
    const table = this.#table(name);
    const hasTraces = this.#hasTraces;
    const record = recorderOf(inner, (value, { attributes }, where) => inner.record(value, attributes, where));
    const boundaries = options?.advice?.explicitBucketBoundaries ?? DEFAULT_BOUNDARIES;
    return {
      record(value, attributes = NONE, where: Context = context.active()) {
        const series = table.of(attributes);
        record(value, series, where);
        if (hasTraces) keepExemplar(series, bucketOf(boundaries, value), value, where);
      },
    };
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return this.#adding(name, this.#meter.createCounter(name, options));
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.#adding(name, this.#meter.createUpDownCounter(name, options));
  }

  #adding(name: string, inner: Counter): Counter {
    const table = this.#table(name);
    const add = recorderOf(inner, (value, { attributes }, where) => inner.add(value, attributes, where));
    return { add: (value, attributes = NONE, where) => add(value, table.of(attributes), where) };
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    const inner = this.#meter.createGauge(name, options);
    const table = this.#table(name);
    const record = recorderOf(inner, (value, { attributes }, where) => inner.record(value, attributes, where));
    return { record: (value, attributes = NONE, where) => record(value, table.of(attributes), where) };
  }

  createObservableCounter: Meter['createObservableCounter'] = (...given) =>
    this.#meter.createObservableCounter(...given);
  createObservableUpDownCounter: Meter['createObservableUpDownCounter'] = (...given) =>
    this.#meter.createObservableUpDownCounter(...given);
  createObservableGauge: Meter['createObservableGauge'] = (...given) => this.#meter.createObservableGauge(...given);
  addBatchObservableCallback: Meter['addBatchObservableCallback'] = (...given) =>
    this.#meter.addBatchObservableCallback(...given);
  removeBatchObservableCallback: Meter['removeBatchObservableCallback'] = (...given) =>
    this.#meter.removeBatchObservableCallback(...given);
}

function bucketOf(boundaries: readonly number[], value: number): number {
  let bucket = 0;
  while (bucket < boundaries.length && value > boundaries[bucket]!) bucket++;
  return bucket;
}
