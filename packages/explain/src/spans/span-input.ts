import type { AttributeValues } from './attribute-values.ts';

/** Times are Unix milliseconds. */
export interface SpanInput {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  service: string;
  /** The process; may be empty. */
  instance: string;
  /** May be empty. */
  version: string;
  /** May be empty. */
  host: string;
  /** Fingerprint of its configuration; may be empty. */
  config: string;
  name: string;
  kind: number;
  start: number;
  end: number;
  failed: boolean;
  errorType: string;
  /** If the span names it. */
  target: string;
  attributes: AttributeValues | undefined;
}

export type SpanProcess = Pick<SpanInput, 'service' | 'instance' | 'version' | 'host' | 'config'>;
/** Texts as numbers of `Strings`. */
export interface SpanValues {
  process: Record<keyof SpanProcess, number>;
  name: number;
  kind: number;
  start: number;
  end: number;
  failed: boolean;
  errorType: number;
  target: number;
  attributes: AttributeValues | undefined;
}

type Known = 'service' | 'instance';

/** With what is known of its process. */
export function emptySpan(process: Pick<SpanProcess, Known> & Partial<SpanProcess>): SpanInput {
  const { service, instance, version = '', host = '', config = '' } = process;
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    service,
    instance,
    version,
    host,
    config,
    name: '',
    kind: 0,
    start: Number.NaN,
    end: Number.NaN,
    failed: false,
    errorType: '',
    target: '',
    attributes: undefined,
  };
}
