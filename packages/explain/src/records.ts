// `@foreshock/explain/records`: what a store of spans needs.
export { TableOfRecords } from './records/add-record.ts';
export { noAttributes } from './records/record.ts';
export { readOtlpRecords } from './records/otlp-json.ts';
export type {
  Attributes,
  AttributeValue,
  LogRecord,
  RecordTarget,
  SpanRecord,
  SpanResource,
} from './records/record.ts';
