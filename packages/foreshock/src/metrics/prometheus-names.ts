import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

/** From UCUM to Prometheus's words (OpenTelemetry's "Prometheus and OpenMetrics compatibility"). */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};

export type FamilyType = 'counter' | 'gauge' | 'histogram';

export interface FamilyName {
  /** Without `_total`. */
  readonly name: string;
  readonly type: FamilyType;
  /** Its name's suffix. */
  readonly unit: string | undefined;
}

export function familyNameOf(metric: MetricData): FamilyName {
  const { descriptor } = metric;
  const type = typeOf(metric);
  let name = legal(descriptor.name);
  if (type === 'counter') name = name.replace(/_total$/, '');
  const unit = unitOf(descriptor.unit, type);
  if (unit !== undefined && !name.endsWith(`_${unit}`)) name += `_${unit}`;
  return { name, type, unit };
}

function typeOf(metric: MetricData): FamilyType {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram';
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic ? 'counter' : 'gauge';
}

function unitOf(unit: string, type: FamilyType): string | undefined {
  if (unit === '1') return type === 'gauge' ? 'ratio' : undefined;
  const [of, per] = unit.split('/', 2);
  if (per !== undefined && per !== '') return [word(of!), `per_${(word(per) ?? '').replace(/s$/, '')}`].join('_');
  return word(unit);
}

/** `{request}` etc. are annotations. */
function word(unit: string): string | undefined {
  const plain = unit.replaceAll(/\{[^}]*\}/g, '');
  return plain === '' ? undefined : (UNITS[plain] ?? legal(plain));
}

/** Letters, digits and single underscores; colons are for Prometheus rules. */
function legal(name: string): string {
  const word = name.replaceAll(/[^a-zA-Z0-9]+/g, '_').replace(/_+$/, '');
  return /^[a-zA-Z_]/.test(word) ? word : `_${word}`;
}

/** Most attributes have few names: the first scrape makes all series' labels. */
const MAX_NAMES = 1_000;
const labelNames = new Map<string, string>();

export function labelNameOf(attribute: string): string {
  let name = labelNames.get(attribute);
  if (name === undefined) {
    name = legalLabel(attribute);
    if (labelNames.size < MAX_NAMES) labelNames.set(attribute, name);
  }
  return name;
}

/** Prometheus's own begin with two underscores. */
function legalLabel(attribute: string): string {
  const name = attribute.replaceAll(/[^a-zA-Z0-9_]+/g, '_').replace(/^__+/, '_');
  return /^[a-zA-Z_]/.test(name) ? name : `key_${name}`;
}
