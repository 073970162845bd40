import { afterAll } from 'vitest';

/** For the tests of a file: the server is started at the first call, and stopped after them. */
export function startedOnce<T extends { stop(): Promise<unknown> }>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  afterAll(async () => void (await (await started)?.stop()));
  return () => (started ??= start());
}
