import { performance } from 'node:perf_hooks';
import { BroadcastChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { answerScrapes } from './worker-scrapes.ts';

it('answers only questions that somebody waits for', async () => {
  const asked: number[] = [];
  answerScrapes(async (scraper) => {
    asked.push(scraper);
    return [];
  });
  const questions = new BroadcastChannel('foreshock.metrics.question');
  const answers = new BroadcastChannel('foreshock.metrics.answer');
  onTestFinished(() => {
    questions.close();
    answers.close();
  });
  const answered = new Promise<number>((resolve) =>
    answers.addEventListener('message', ({ data }: any) => resolve(data.id)),
  );
  const now = performance.timeOrigin + performance.now();
  // As of a thread that was blocked for so long.
  for (const [id, agoMs] of [
    [1, 3_600_000],
    [2, 15_000],
    [3, 0],
  ] as const)
    questions.postMessage({ id, scraper: id, format: 'text', at: now - agoMs });
  expect(await answered).toBe(3);
  expect(asked).toEqual([3]);
});
