import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { Histogram, DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { familyNameOf, labelNameOf, type FamilyName } from './prometheus-names.ts';
import { seriesOf, type Exemplar } from './series.ts';

/** Prometheus's 0.0.4, or OpenMetrics 1.0. */
export type TextFormat = 'text' | 'openmetrics';

interface Family extends FamilyName {
  readonly help: string;
  readonly metrics: { metric: MetricData; scope: string }[];
}

/** A label of histograms' buckets. */
const BUCKET = 'le';

/**
 * The official exporter (`@opentelemetry/exporter-prometheus` 0.301) has no exemplars or OpenMetrics, and writes labels
 * that Prometheus refuses.
 */
export function prometheusText({ resource, scopeMetrics }: ResourceMetrics, format: TextFormat): string {
  const isOpen = format === 'openmetrics';
  const target = isOpen ? '# TYPE target info\n' : '# TYPE target_info gauge\n';
  const help = `# HELP ${isOpen ? 'target' : 'target_info'} What the metrics are of\n`;
  let text = `${target}${help}target_info{${labelsOf(resource.attributes as Attributes)}} 1\n`;
  for (const family of familiesOf(scopeMetrics).values()) {
    text += headOf(family, isOpen);
    // What hostile attributes make equal would make Prometheus refuse the whole scrape.
    const written = new Set<string>();
    for (const { metric, scope } of family.metrics) {
      for (const point of metric.dataPoints) {
        const labels = labelled(point.attributes, scope);
        if (written.has(labels)) continue;
        written.add(labels);
        text += linesOf(family, point, labels, isOpen);
      }
    }
  }
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
  let lines = '';
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!;
    const end = i < boundaries.length ? boundaryText(boundaries[i]!, isOpen) : '+Inf';
    const exemplar = exemplars?.[i];
    lines += `${bucket}${end}"} ${sum}${exemplar ? exemplarText(exemplar) : ''}\n`;
  }
  return `${lines}${name}_sum{${labels}} ${numberText(value.sum ?? 0)}\n${name}_count{${labels}} ${value.count}\n`;
}

function exemplarText({ span: { traceId, spanId }, value, at }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${(at / 1_000).toFixed(3)}`;
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

/** NUL ends Prometheus's text. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"').replaceAll('\0', '\uFFFD');
}
