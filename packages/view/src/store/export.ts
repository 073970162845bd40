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

export type ExportQuery = { traceIds: string[] } | { from: number; to: number; after?: Place };

const MOST_CHOSEN = 10_000;

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

/** Newest first. */
export function chosenTraces(database: DatabaseSync, q: string, from: number, to: number) {
  return findTraceIds(database, { q, from, to, limit: MOST_CHOSEN, before: undefined });
}
