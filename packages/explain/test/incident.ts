/** A span of a made-up incident; times are milliseconds from the begin of its trace. */
export interface Made {
  service: string;
  name: string;
  kind?: 'SERVER' | 'CLIENT' | 'INTERNAL' | 'PRODUCER' | 'CONSUMER';
  at: number;
  ms: number;
  /** What it failed of; empty: it does not say. */
  error?: string;
  attributes?: Record<string, string | number | boolean>;
  children?: Made[];
  /** Of the process: its id, `service.version`. */
  instance?: string;
  version?: string;
  host?: string;
  config?: string;
  /** Events, by their names; at the end of the span. */
  events?: Record<string, Record<string, string | number>>;
}

const KINDS = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };

/** Begin of all made-up incidents. */
export const T0: number = Date.parse('2026-11-01T12:00:00Z');

let nextId = 0;

export function newId(digits: number): string {
  return (++nextId).toString(16).padStart(digits, '0');
}

/** One trace as an OTLP request, `at` milliseconds after `T0`. */
export function traceOf(at: number, root: Made, traceId: string = newId(32)): object {
  const byProcess = new Map<string, object[]>();
  const add = (made: Made, parentSpanId: string): void => {
    const spanId = newId(16);
    const start = T0 + at + made.at;
    const process = JSON.stringify([made.service, made.instance, made.version, made.host, made.config]);
    const spans = byProcess.get(process) ?? [];
    byProcess.set(process, spans);
    const attributes = { ...made.attributes, ...(made.error ? { 'error.type': made.error } : {}) };
    spans.push({
      traceId,
      spanId,
      parentSpanId,
      name: made.name,
      kind: KINDS[made.kind ?? 'INTERNAL'],
      startTimeUnixNano: nanoseconds(start),
      endTimeUnixNano: nanoseconds(start + made.ms),
      attributes: pairsOf(attributes),
      events: Object.entries(made.events ?? {}).map(([name, values]) => ({
        name,
        timeUnixNano: nanoseconds(start + made.ms),
        attributes: pairsOf(values),
      })),
      status: made.error === undefined ? {} : { code: 2 },
    });
    for (const child of made.children ?? []) add(child, spanId);
  };
  add(root, '');
  return {
    resourceSpans: [...byProcess].map(([process, spans]) => {
      const [service, instance, version, host, config] = JSON.parse(process) as string[];
      return {
        resource: {
          attributes: pairsOf({
            'service.name': service!,
            ...(instance ? { 'service.instance.id': instance } : {}),
            ...(version ? { 'service.version': version } : {}),
            ...(host ? { 'host.name': host } : {}),
            ...(config ? { 'foreshock.config.fingerprint': config } : {}),
          }),
        },
        scopeSpans: [{ spans }],
      };
    }),
  };
}

/** A request a line. */
export function lines(requests: object[]): Buffer {
  return Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
}

function nanoseconds(ms: number): string {
  return (BigInt(Math.round(ms * 1000)) * 1000n).toString();
}

function pairsOf(values: Record<string, string | number | boolean>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
