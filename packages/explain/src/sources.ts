// `@foreshock/explain/sources`: for readers that keep whole spans.
export { baseOf, isAddress, readApi, readApiTrace } from './sources/backend.ts';
export { fetchBody, fetchJson } from './sources/fetch.ts';
export { filesOf, isStore } from './sources/file.ts';
export { localSource } from './sources/read-sources.ts';
export type { TimeRange } from './sources/time-range.ts';
export { UnreadableSource } from './sources/unreadable.ts';
export { viewerAt } from './sources/viewer-api.ts';
export { storeFileLines } from './store/store-file.ts';
