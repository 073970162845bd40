/** OTLP/JSON: IDs in hex, 64-bit integers as strings, other bytes in base64. */

export interface JsonSpan {
  traceId: string;
  spanId: string;
  traceState?: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
  events: JsonEvent[];
  droppedEventsCount?: number;
  links: JsonLink[];
  droppedLinksCount?: number;
  status: { code?: number; message?: string };
  flags: number;
}

export interface JsonLogRecord {
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber?: number;
  severityText?: string;
  body?: JsonValue;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
  flags: number;
  traceId?: string;
  spanId?: string;
}

export interface JsonEvent {
  timeUnixNano: string;
  name: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
}

export interface JsonLink {
  traceId: string;
  spanId: string;
  traceState?: string;
  attributes: JsonKeyValue[];
  droppedAttributesCount?: number;
  flags: number;
}

export interface JsonKeyValue {
  key: string;
  value: JsonValue;
}

export interface JsonValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number | string;
  arrayValue?: { values: JsonValue[] };
  kvlistValue?: { values: JsonKeyValue[] };
  bytesValue?: string;
}

export interface JsonResource {
  attributes: JsonKeyValue[];
}

export interface JsonScope {
  name: string;
  version?: string;
  attributes?: JsonKeyValue[];
}
