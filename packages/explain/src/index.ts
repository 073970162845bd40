export { analyse, type Analysis } from './analyse.ts';
export type {
  Answer,
  Cause,
  Coverage,
  Impact,
  Moment,
  PlaceName,
  PoolRow,
  RetryRow,
  TimeRow,
} from './report/answer.ts';
export { buildAnswer } from './report/build.ts';
export { printable } from './report/printable.ts';
export { terminal } from './report/terminal.ts';
export { readSources, type ReadSources } from './sources/read-sources.ts';
export { UnreadableSource } from './sources/unreadable.ts';
export { poolLabel } from './spans/pool-label.ts';
export { isPoolWait } from './spans/pool-wait.ts';
export { KIND, SpanTable } from './spans/span-table.ts';
export { emptySpan, type SpanInput } from './spans/span-input.ts';
export { criticalPath, type Section } from './decompose/sections.ts';
export type { Decomposed } from './decompose/decomposed.ts';
export { componentsOf } from './waits-for/components.ts';
export type { KnownAttributes, Mark } from './spans/known-attributes.ts';
export type { AskedWindow } from './window/choose.ts';
export type { CauseKind } from './verdict/cause-kinds.ts';
export type { Verdict } from './verdict/classify.ts';
