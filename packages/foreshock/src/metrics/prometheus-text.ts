import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { Histogram, DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { FORESHOCK_WORKER } from '@foreshock/kit/names';
import { familyNameOf, labelNameOf, type FamilyName, type FamilyType } from './prometheus-names.ts';
import { seriesOf, type Exemplar } from './series.ts';

/** Prometheus's 0.0.4, or OpenMetrics 1.0. */
export type TextFormat = 'text' | 'openmetrics';

interface Family extends FamilyName {
  readonly help: string;
  readonly metrics: { metric: MetricData; scope: string }[];
}

/** A label of histograms' buckets. */
const BUCKET = 'le';

/** A metric of one thread. */
export interface FamilyText {
  readonly name: string;
  readonly type: FamilyType;
  readonly head: string;
  readonly lines: string;
}

/**
 * The official exporter (`@opentelemetry/exporter-prometheus` 0.301) has no exemplars or OpenMetrics, and writes labels
 * that Prometheus refuses.
 *
 * @param worker of a worker thread: its number
 */
export function familyTexts(
  { scopeMetrics }: Pick<ResourceMetrics, 'scopeMetrics'>,
  format: TextFormat,
  worker?: number,
): FamilyText[] {
  const isOpen = format === 'openmetrics';
  const thread = worker === undefined ? '' : `,${labelNameOf(FORESHOCK_WORKER)}="${worker}"`;
  const texts: FamilyText[] = [];
  for (const family of familiesOf(scopeMetrics).values()) {
    // What hostile attributes make equal would make Prometheus refuse the whole scrape.
    const written = new Set<string>();
    let lines = '';
    for (const { metric, scope } of family.metrics) {
      for (const point of metric.dataPoints) {
        const labels = labelled(point.attributes, scope);
        if (written.has(labels)) continue;
        written.add(labels);
        lines += linesOf(family, point, labels + thread, isOpen);
      }
    }
    texts.push({ name: family.name, type: family.type, head: headOf(family, isOpen), lines });
  }
  return texts;
}

/** @param threads their metrics: the main thread's first */
export function prometheusText(
  resource: Attributes,
  threads: readonly (readonly FamilyText[])[],
  format: TextFormat,
): string {
  const isOpen = format === 'openmetrics';
  const target = isOpen ? '# TYPE target info\n' : '# TYPE target_info gauge\n';
  const help = `# HELP ${isOpen ? 'target' : 'target_info'} What the metrics are of\n`;
  const families = new Map<string, { type: FamilyType; text: string }>();
  for (const { name, type, head, lines } of threads.flat()) {
    const known = families.get(name);
    if (!known) families.set(name, { type, text: head + lines });
    // A name has one type.
    else if (known.type === type) known.text += lines;
  }
  let text = `${target}${help}target_info{${labelsOf(resource)}} 1\n`;
  for (const family of families.values()) text += family.text;
  return isOpen ? `${text}# EOF\n` : text;
}

function familiesOf(scopeMetrics: ResourceMetrics['scopeMetrics']): Map<string, Family> {
  const families = new Map<string, Family>();
  for (const { scope, metrics } of scopeMetrics) {
    for (const metric of metrics) {
      const named = familyNameOf(metric);
      let family = families.get(named.name);
      if (!family) {
        family = { ...named, help: metric.descriptor.description || metric.descriptor.name, metrics: [] };
        families.set(named.name, family);
      }
      // A name has one type.
      if (family.type === named.type) family.metrics.push({ metric, scope: scope.name });
    }
  }
  return families;
}

function headOf({ name, type, unit, help }: Family, isOpen: boolean): string {
  const shown = type === 'counter' && !isOpen ? `${name}_total` : name;
  const unitLine = isOpen && unit !== undefined ? `# UNIT ${shown} ${unit}\n` : '';
  const text = isOpen ? escaped(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# TYPE ${shown} ${type}\n${unitLine}# HELP ${shown} ${text}\n`;
}

function linesOf(family: Family, point: MetricData['dataPoints'][number], labels: string, isOpen: boolean): string {
  const { name, type } = family;
  if (type === 'histogram') return histogramLines(name, point as DataPoint<Histogram>, labels, isOpen);
  return `${name}${type === 'counter' ? '_total' : ''}{${labels}} ${numberText(point.value as number)}\n`;
}

function histogramLines(name: string, point: DataPoint<Histogram>, labels: string, isOpen: boolean): string {
  const { value, attributes } = point;
  const { boundaries, counts } = value.buckets;
  const exemplars = isOpen ? seriesOf(attributes)?.exemplars : undefined;
  const bucket = `${name}_bucket{${labels},${BUCKET}="`;
  const ends = endsOf(boundaries, isOpen);
  let lines = '';
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!;
    const exemplar = exemplars?.[i];
    lines += `${bucket}${ends[i]}"} ${sum}${exemplar ? exemplarText(exemplar) : ''}\n`;
  }
  return `${lines}${name}_sum{${labels}} ${numberText(value.sum ?? 0)}\n${name}_count{${labels}} ${value.count}\n`;
}

function exemplarText({ span: { traceId, spanId }, value, at }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${(at / 1_000).toFixed(3)}`;
}

// The last histogram's.
let last = { boundaries: [] as readonly number[], isOpen: false, ends: ['+Inf'] };

function endsOf(boundaries: readonly number[], isOpen: boolean): readonly string[] {
  if (last.boundaries !== boundaries || last.isOpen !== isOpen) {
    const ends = [...boundaries.map((boundary) => boundaryText(boundary, isOpen)), '+Inf'];
    last = { boundaries, isOpen, ends };
  }
  return last.ends;
}

/** OpenMetrics wants `1.0`. */
function boundaryText(boundary: number, isOpen: boolean): string {
  return isOpen && Number.isInteger(boundary) ? `${boundary}.0` : numberText(boundary);
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function labelled(attributes: object, scope: string): string {
  const series = seriesOf(attributes);
  if (series?.labels !== undefined) return series.labels;
  const labels = labelsOf({ ...attributes, otel_scope_name: scope });
  if (series) series.labels = labels;
  return labels;
}

/** Attributes with equal labels are joined by `;`, as OpenTelemetry specifies. */
function labelsOf(attributes: Attributes): string {
  const labels = new Map<string, string>();
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    const own = labelNameOf(key);
    const name = own === BUCKET ? `key_${own}` : own;
    const before = labels.get(name);
    labels.set(name, before === undefined ? valueText(value) : `${before};${valueText(value)}`);
  }
  return Array.from(labels, ([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function valueText(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const SPECIAL = /[\\\n"\0]/;

/** NUL ends Prometheus's text. */
function escaped(value: string): string {
  if (!SPECIAL.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"').replaceAll('\0', '\uFFFD');
}
