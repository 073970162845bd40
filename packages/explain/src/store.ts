// `@foreshock/explain/store`: the store of `foreshock view`, for it and `foreshock explain FILE`.
export { criticalPath } from './decompose/sections.ts';
export { inflated } from './sources/inflate.ts';
export { JsonValues } from './sources/json-values.ts';
export { linesOf } from './sources/lines.ts';
export { milliseconds } from './sources/otlp-json.ts';
export { ProtobufReader } from './sources/protobuf-reader.ts';
export { UnreadableSource } from './sources/unreadable.ts';
export { numberOf, textOf } from './sources/untrusted.ts';
export { SpanTable } from './spans/span-table.ts';
export { emptySpan } from './spans/span-input.ts';
export { isStoreFile, STORE_VERSION } from './store/store-file.ts';
export { otlpLines } from './store/otlp-lines.ts';
export {
  areOneCall,
  type LogRow,
  otherId,
  type ResourceRow,
  resourceRows,
  rowsOfSpan,
  type SpanRow,
} from './store/rows.ts';
export { BEGINNING, pageOf, type Place, type TracePage, tracePage } from './store/trace-pages.ts';
