import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Page } from 'puppeteer-core';
import { hasText, sharedBrowser, openPage } from './browser.ts';
import { CHECKOUT, sharedViewer } from '../viewer.ts';

const browser = sharedBrowser();
const viewer = sharedViewer();

it('says how to send spans, opens a dropped file, and shows what broke first', async () => {
  const { page, complaints } = await openPage(browser(), viewer().url);
  await hasText(page, 'Nothing has arrived yet');
  expect(await textOf(page, '.start')).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${viewer().url}`);

  await drop(page, CHECKOUT);
  await page.waitForSelector('.verdict.shown');
  expect(await textOf(page, '[role=status].toast')).toContain('2,043 spans in 191 traces');
  expect(await textOf(page, '.verdict')).toMatch(/Shown.*GET \/report kept the connections of pool orders in orders/s);
  expect(await textOf(page, '.verdict')).toContain('Give this operation a pool or a statement time-out of its own');

  const lanes = await page.$$eval('.lane-name', (names) => names.map((name) => name.textContent));
  expect(lanes[0]).toContain('orders · pool orders');
  expect(lanes[0]).toContain('all 5 in use');
  expect(lanes.slice(1, 3)).toEqual(['orders', 'gateway']);
  expect(await page.$$eval('.arc text', (arcs) => arcs.map((arc) => arc.textContent))).toEqual(['wait', 'call']);
  for (const title of [
    'What if',
    'What speaks against it',
    'Who was hit',
    'Where 80 % of the time went',
    'What was seen',
  ]) {
    await page.waitForSelector(`::-p-xpath(//h2[text()="${title}"])`);
  }
  expect(complaints).toEqual([]);
  await page.close();
});

it('leads from the incident to the wait, and in one click to the trace that held the connection', async () => {
  const { page, complaints } = await openPage(browser(), viewer().url);
  await page.waitForSelector('.verdict .id');
  await page.click('.verdict .id');
  const trace = page.url();
  // The link is there at once; which span held the connection comes a moment later.
  const link = await page.waitForSelector('.row-link[href*="span="]');
  const { held, holder } = await link!.evaluate((link) => ({
    held: link.closest('[role=treeitem]')!.textContent!,
    holder: link.getAttribute('href')!,
  }));
  expect(held).toMatch(/^pool\.acquire orders orders.*takes .* waiting/);

  await page.click('.row-link');
  await page.waitForSelector('.details');
  expect(page.url()).toBe(`${viewer().url}/${holder}`);
  expect(await textOf(page, '[role=treeitem][aria-selected=true]')).toContain('SELECT orders');

  await page.goBack();
  await page.waitForSelector('.row-link');
  // Where the reader left: at the wait.
  expect(page.url()).toContain(`${trace}?span=`);
  expect(await textOf(page, '[aria-selected=true]')).toContain('pool.acquire orders');
  expect(complaints).toEqual([]);
  await page.close();
});

it('saves a trace as a file', async () => {
  const { page } = await openPage(browser(), viewer().url);
  await page.waitForSelector('.verdict .id');
  await page.click('.verdict .id');
  const save = await page.waitForSelector('a[download]::-p-text(Save this trace)');
  const { bytes, name } = await save!.evaluate(async (link) => {
    const response = await fetch((link as HTMLAnchorElement).href);
    return {
      bytes: [...new Uint8Array(await response.arrayBuffer())],
      name: response.headers.get('content-disposition'),
    };
  });
  expect(name).toMatch(/^attachment; filename=/);
  expect(gunzipSync(new Uint8Array(bytes)).toString()).toContain('pool.acquire orders');
  await page.close();
});

it('draws the services, and leads from one to its traces', async () => {
  const { page, complaints } = await openPage(browser(), `${viewer().url}/#/graph`);
  await page.waitForSelector('.node');
  const nodes = await page.$$eval('.node text:first-of-type', (names) => names.map((each) => each.textContent!.trim()));
  expect(nodes.map((name) => name.replace(/^\P{L}+/u, '')).sort()).toEqual([
    'gateway',
    'orders',
    'orders',
    'payments',
    'payments',
    'postgresql orders',
    'worker',
  ]);
  expect(await textOf(page, 'table')).toMatch(/gateway\s+orders\s+calls\s+177/);
  await page.click('.node.service a');
  await page.waitForSelector('.traces a');
  expect(page.url()).toContain('#/traces?q=service');
  expect(complaints).toEqual([]);
  await page.close();
});

async function textOf(page: Page, selector: string): Promise<string> {
  await page.waitForSelector(selector);
  return page.$eval(selector, (element) => (element as HTMLElement).innerText);
}

/** Drops a file onto the page, as a browser does. */
async function drop(page: Page, path: string): Promise<void> {
  const bytes = [...readFileSync(path)];
  await page.evaluate(
    (content, name) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(content)], name));
      const event = { dataTransfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('dragover', event));
      document.body.dispatchEvent(new DragEvent('drop', event));
    },
    bytes,
    path.split('/').pop()!,
  );
}
