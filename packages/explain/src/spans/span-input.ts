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

export type SpanProcess = Pick<SpanInput, 'service' | 'instance' | 'version'>;
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

export function emptySpan({ service, instance, version }: SpanProcess): SpanInput {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    service,
    instance,
    version,
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
