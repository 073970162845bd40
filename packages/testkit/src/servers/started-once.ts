import { afterAll } from 'vitest';

/** For a file's tests: started at the first call, stopped after them. */
export function startedOnce<T extends { stop(): Promise<unknown> }>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  afterAll(async () => void (await (await started)?.stop()));
  return () => (started ??= start());
}
