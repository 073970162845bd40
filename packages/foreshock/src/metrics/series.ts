import { TraceFlags, type Attributes, type AttributeValue, type Context, type SpanContext } from '@opentelemetry/api';
import { spanContextOf } from '@foreshock/kit';
import { hashOf } from './attributes-hash.ts';

/** A sampled span with a measurement. */
export interface Exemplar {
  /** IDs become texts when read. */
  span: SpanContext;
  value: number;
  /** ms since 1970 */
  at: number;
}

export interface Series {
  /** The SDK's key of the series: always the same object. */
  readonly attributes: Attributes;
  /** Of them: its key, as text. */
  readonly hash: string;
  /** Of a histogram, by bucket. */
  exemplars: (Exemplar | undefined)[] | undefined;
  /** As Prometheus's labels, once scraped. */
  labels: string | undefined;
}

/** The SDK's limit is 2,000 per collection: sets would add up (sdk-metrics 3.1, DeltaMetricProcessor). */
const MAX_SERIES = 1_998;
const MAX_VALUE_LENGTH = 256;
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

const known = new WeakMap<object, Series>();

/** Undefined for observable instruments. */
export function seriesOf(attributes: object): Series | undefined {
  return known.get(attributes);
}

/** After some ordered attributes: the next one's name and values. */
interface Node {
  series: Series | undefined;
  next: Map<string, Map<AttributeValue | undefined, Node>> | undefined;
}

/** One instrument's sets: bounded, also over collections. */
export class SeriesTable {
  readonly #root: Node = { series: undefined, next: undefined };
  #size = 0;
  #overflow: Series | undefined;
  /** Beyond the limit, together. */
  folded = 0;

  of(attributes: Attributes): Series {
    // A key of all texts would be dear. Another order is another place of the series.
    let node: Node | undefined = this.#root;
    for (const name in attributes) {
      node = node.next?.get(name)?.get(kept(attributes[name]));
      if (!node) return this.#add(attributes);
    }
    return node.series ?? this.#add(attributes);
  }

  #add(given: Attributes): Series {
    if (this.#size >= MAX_SERIES) {
      this.folded++;
      return (this.#overflow ??= makeSeries(OVERFLOW));
    }
    this.#size++;
    const attributes: Attributes = {};
    let node = this.#root;
    for (const name in given) {
      const value = kept(given[name]);
      attributes[name] = value;
      node.next ??= new Map();
      let values = node.next.get(name);
      if (!values) node.next.set(name, (values = new Map()));
      let next = values.get(value);
      if (!next) values.set(value, (next = { series: undefined, next: undefined }));
      node = next;
    }
    return (node.series = makeSeries(attributes));
  }
}

function makeSeries(attributes: Attributes): Series {
  const series: Series = { attributes, hash: hashOf(attributes), exemplars: undefined, labels: undefined };
  known.set(attributes, series);
  return series;
}

/** Values that can be compared, no longer than shown. */
function kept(value: AttributeValue | undefined): AttributeValue | undefined {
  if (typeof value === 'object') return kept(JSON.stringify(value));
  if (typeof value !== 'string') return value;
  if (value.length <= MAX_VALUE_LENGTH && value.isWellFormed()) return value;
  // A slice keeps the whole text alive. Halved surrogate pairs become U+FFFD.
  return Buffer.from(value.slice(0, MAX_VALUE_LENGTH)).toString();
}

/** @param bucket index */
export function keepExemplar(series: Series, bucket: number, value: number, where: Context): void {
  const span = spanContextOf(where);
  if (!span || (span.traceFlags & TraceFlags.SAMPLED) === 0) return;
  const exemplars = (series.exemplars ??= []);
  const exemplar = exemplars[bucket];
  if (!exemplar) {
    exemplars[bucket] = { span, value, at: Date.now() };
    return;
  }
  exemplar.span = span;
  exemplar.value = value;
  exemplar.at = Date.now();
}
