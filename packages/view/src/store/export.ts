import type { DatabaseSync } from 'node:sqlite';
import {
  BEGINNING,
  otlpLines,
  pageOf,
  type Place,
  resourceRows,
  type TracePage,
  tracePage,
} from '@foreshock/explain/store';
import { findTraceIds } from './trace-list.ts';

/** What is saved to a file: some traces, or all that began within a time. */
export type ExportQuery = { traceIds: string[] } | { from: number; to: number; after?: Place };

/** Traces of a search that are saved. */
const MOST_CHOSEN = 10_000;

/** A piece of the file, and what comes next. */
export function exportPage(
  database: DatabaseSync,
  query: ExportQuery,
): { text: string; next: ExportQuery | undefined } {
  const resources = new Map(resourceRows(database).map((row) => [row.id, row]));
  if ('traceIds' in query) {
    const { page, rest } = pageOf(database, query.traceIds);
    return { text: otlpLines(page, resources), next: rest.length > 0 ? { traceIds: rest } : undefined };
  }
  const { from, to, after = BEGINNING } = query;
  const page: TracePage = tracePage(database, after, from, to);
  return { text: otlpLines(page, resources), next: page.next && { from, to, after: page.next } };
}

/** The traces that a search finds, the newest first. */
export function chosenTraces(database: DatabaseSync, q: string, from: number, to: number) {
  return findTraceIds(database, { q, from, to, limit: MOST_CHOSEN, before: undefined });
}
