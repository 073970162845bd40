import { expect, it } from 'vitest';
import type { Page } from 'puppeteer-core';
import { sharedBrowser, openPage } from './browser.ts';
import { newId, otlpTrace, type MadeSpan } from './spans.ts';
import { sharedViewer } from '../viewer.ts';

const browser = sharedBrowser();
const viewer = sharedViewer();

it('shows a trace of 50,000 spans with the rows in sight only, to its end', async () => {
  const size = 50_000;
  const traceId = newId(16);
  const spans: MadeSpan[] = Array.from({ length: size }, (_, i) => ({
    name: `step ${i}`,
    ...(i === 0 ? {} : { parent: Math.trunc((i - 1) / 3) }),
    at: i / 100,
    ms: 20,
  }));
  await viewer().post('/v1/traces', otlpTrace(spans, 'large', traceId));
  const { page, complaints } = await openPage(browser(), `${viewer().url}/#/trace/${traceId}`);
  await page.waitForSelector('[role=treeitem]');
  expect(await page.$eval('.trace-head', (head) => head.textContent)).toContain('50,000 spans');
  expect(await page.$$eval('*', ({ length }) => length)).toBeLessThan(800);
  expect(await isPainted(page)).toBe(true);

  await page.focus('[role=tree]');
  await page.keyboard.press('End');
  await page.waitForSelector('[aria-selected=true]');
  expect(await page.$$eval('*', ({ length }) => length)).toBeLessThan(900);
  expect(await isPainted(page)).toBe(true);

  await page.keyboard.press('Home');
  await page.waitForSelector('#span-0[aria-selected=true]');
  await page.keyboard.press('ArrowLeft');
  await page.waitForSelector('#span-0[aria-expanded=false]');
  expect(await page.$$eval('[role=treeitem]', ({ length }) => length)).toBe(1);
  expect(complaints).toEqual([]);
  await page.close();
});

it('says of each row what is drawn: waits, attempts, breakers, errors', async () => {
  const traceId = newId(16);
  const breaker = { 'circuitbreaker.name': 'payments', 'circuitbreaker.state': 'open' };
  await viewer().post(
    '/v1/traces',
    otlpTrace(
      [
        { name: 'POST /checkout', ms: 500 },
        { name: 'pool.acquire orders', parent: 0, ms: 300, attributes: { 'pool.wait_ms': 300, 'pool.limit': 5 } },
        {
          name: 'POST',
          parent: 0,
          at: 350,
          ms: 20,
          isError: true,
          attributes: { 'retry.attempt': 2, 'retry.max_attempts': 3, 'error.type': '503' },
        },
        { name: 'breaker payments open', parent: 0, at: 400, ms: 1, isError: true, attributes: breaker },
        { name: 'process payments', parent: 0, at: 450, ms: 9, attributes: { 'queue.wait_ms': 40 } },
      ],
      'gateway',
      traceId,
    ),
  );
  const { page, complaints } = await openPage(browser(), `${viewer().url}/#/trace/${traceId}`);
  await page.waitForSelector('[role=treeitem]');
  const rows = await page.$$eval('[role=treeitem]', (all) => all.map((row) => row.textContent!.replace('▾', '')));
  expect(rows.map((row) => row.replace(/, on the critical path$/, ''))).toEqual([
    'POST /checkout gatewaytakes 500 ms, begins after 0 ms',
    'pool.acquire orders gatewaytakes 300 ms, begins after 0 ms, waiting',
    '✕ POST gatewaytakes 20 ms, begins after 350 ms, 503, attempt 2 of 3',
    '✕ breaker payments open gatewaytakes 1.0 ms, begins after 400 ms, error, breaker open',
    'process payments gatewaytakes 9.0 ms, begins after 450 ms, queued 40 ms before',
  ]);
  await page.click('[role=treeitem]:nth-of-type(2)');
  const details = await page.waitForSelector('.details ::-p-text(Waited 300 ms)');
  expect(await details!.evaluate((sentence) => sentence.textContent)).toContain('limit 5');
  expect(complaints).toEqual([]);
  await page.close();
});

/** Whether bars are on the canvas: it is not of one colour. */
function isPainted(page: Page): Promise<boolean> {
  return page.$eval('.scroller canvas', (element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 3;
  });
}
