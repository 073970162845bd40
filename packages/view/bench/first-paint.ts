// How long a trace of 50,000 spans takes from the click to its first paint, and a frame while it is scrolled:
//   npm run bench:view
import { openBrowser, openPage } from '../test/page/browser.ts';
import { newId, otlpTrace, type MadeSpan } from '../test/page/spans.ts';
import { start } from '../test/viewer.ts';

const SPANS = 50_000;
const ROUNDS = 5;

const traceId = newId(16);
const spans: MadeSpan[] = Array.from({ length: SPANS }, (_, i) => ({
  name: i % 9 === 0 ? 'pool.acquire orders' : 'GET /items/:id',
  ...(i === 0 ? {} : { parent: Math.trunc((i - 1) / 3) }),
  at: i / 100,
  ms: 20,
  isError: i % 50 === 0,
  attributes: {
    'http.request.method': 'GET',
    'http.route': '/items/:id',
    'url.path': `/items/${i}`,
    'retry.attempt': 1,
  },
}));

const [browser, viewer] = await Promise.all([openBrowser(), start([])]);
try {
  await viewer.post('/v1/traces', otlpTrace(spans, 'large', traceId));
  const { page } = await openPage(browser, `${viewer.url}/#/traces`);
  page.setDefaultTimeout(60_000);
  for (let round = 0; round < ROUNDS; round++) {
    await page.waitForSelector('.traces a');
    const figures = await page.evaluate(async (id) => {
      const frame = (): Promise<number> => new Promise(requestAnimationFrame);
      const clicked = performance.now();
      location.hash = `#/trace/${id}`;
      while (!document.querySelector('[role=treeitem]')) await frame();
      await frame();
      const painted = performance.now();
      const entry = performance.getEntriesByType('resource').findLast(({ name }) => name.includes(`/traces/${id}`));
      const loaded = entry as PerformanceResourceTiming;
      const scroller = document.querySelector('.scroller')!;
      const frames: number[] = [];
      let last = await frame();
      for (let i = 0; i < 120; i++) {
        scroller.scrollTop += 97;
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      frames.sort((a, b) => a - b);
      return {
        'first paint': painted - clicked,
        'of it the viewer': loaded.responseEnd - clicked,
        'of it the page': painted - loaded.responseEnd,
        'frame, median': frames[60]!,
        'frame, p95': frames[114]!,
      };
    }, traceId);
    const line = Object.entries(figures).map(([name, ms]) => `${name} ${Math.round(ms)} ms`);
    console.log(line.join(', '));
    await page.goBack();
  }
} finally {
  await Promise.all([browser.close(), viewer.stop()]);
}
