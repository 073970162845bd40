import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sharedBrowser, openPage, seriousFindings } from './browser.ts';
import { newId, otlpTrace } from './spans.ts';
import { CHECKOUT, sharedViewer, startViewer } from '../viewer.ts';

const HOSTILE = [
  '<img src=x onerror="globalThis.hacked = 1">',
  '<script>globalThis.hacked = 1</script>',
  'javascript:globalThis.hacked=1',
  '\u001b[2J\u001b]0;title\u0007 escape',
  '\u202egnp.exe',
  'עברית العربية',
  '{{7*7}} ${7*7} `x`',
  'x'.repeat(10_000),
];

const browser = sharedBrowser();
const viewer = sharedViewer(async ({ post, api }) => {
  await post('/api/files', readFileSync(CHECKOUT));
  waitingTrace = (await api('traces?limit=1&q=pool.wait_ms>1000')).traces[0].traceId;
});
let waitingTrace: string;

// Both widths and both themes.
const LOOKS = [
  { width: 1280, theme: 'light' },
  { width: 390, theme: 'dark' },
] as const;

it.each(LOOKS)('can be used by everybody at $width pixels, $theme', async (look) => {
  const views: [path: string, ready: string][] = [
    ['#/', '.verdict.shown'],
    ['#/traces', '.traces a'],
    [`#/trace/${waitingTrace}`, '[role=treeitem]'],
    ['#/graph', '.node'],
  ];
  for (const [path, ready] of views) {
    const { page, complaints } = await openPage(browser(), `${viewer().url}/${path}`, look);
    await page.waitForSelector(ready);
    if (path.startsWith('#/trace/')) {
      await page.click('[role=treeitem]');
      await page.waitForSelector('.details');
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    // In a narrow page, rows of tables are lists.
    const tables = await page.$$eval('.wide > table', (all) =>
      all.map((each) => each.offsetWidth - each.parentElement!.clientWidth),
    );
    if (look.width < 560) expect(tables.filter((by) => by > 0)).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  }
});

it('shows hostile strings as text and nothing else', async () => {
  const hostileViewer = await startViewer();
  const traceId = newId(16);
  for (const [i, text] of HOSTILE.entries()) {
    const attributes = { [text.slice(0, 200)]: text, message: text };
    const made = HOSTILE.map((name) => ({ name, isError: true, attributes, ms: 5 }));
    await hostileViewer.post('/v1/traces', otlpTrace(made, text, i === 0 ? traceId : newId(16)));
  }
  for (const path of ['#/', '#/traces', `#/trace/${traceId}`, '#/graph']) {
    const { page, complaints } = await openPage(browser(), `${hostileViewer.url}/${path}`, { width: 390 });
    await page.waitForSelector('.verdict, .traces a, [role=treeitem], .node');
    if (path.startsWith('#/trace/')) {
      await page.click('[role=treeitem]');
      await page.waitForSelector('.details');
    }
    const seen = await page.evaluate(() => ({
      hacked: 'hacked' in globalThis,
      foreign: document.querySelectorAll('main img, main script, main a[href^="javascript"], main iframe').length,
      isScrolling: document.documentElement.scrollWidth > innerWidth,
      codes: /(?!\s)[\p{Cc}\p{Bidi_Control}]/u.test(document.body.innerText),
    }));
    expect(seen).toEqual({ hacked: false, foreign: 0, isScrolling: false, codes: false });
    expect(complaints).toEqual([]);
    await page.close();
  }
});
