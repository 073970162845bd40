import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Page } from 'puppeteer-core';
import { sharedBrowser, openPage } from './browser.ts';
import { otlpTrace } from './spans.ts';
import { CHECKOUT, sharedViewer } from '../viewer.ts';

const browser = sharedBrowser();
const viewer = sharedViewer(async ({ post }) => {
  await post('/api/files', readFileSync(CHECKOUT));
});

it('is used with the keyboard alone: search, completion, list, waterfall, details', async () => {
  const { page, complaints } = await openPage(browser(), viewer().url);
  await page.waitForSelector('nav a');
  await page.keyboard.press('/');
  await page.waitForSelector('#search:focus');

  await page.keyboard.type('pool.wait_r');
  await page.waitForSelector('[role=option]::-p-text(pool.wait_reason=)');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await valueOf(page)).toBe('pool.wait_reason=');
  await page.keyboard.type('que');
  await page.waitForSelector('[role=option]::-p-text(pool.wait_reason=queue)');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect((await valueOf(page)).trim()).toBe('pool.wait_reason=queue');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.traces a');
  expect(page.url()).toContain('q=pool.wait_reason%3Dqueue');

  await tabTo(page, '.traces a');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const third = await page.evaluate(() => document.activeElement!.getAttribute('href'));
  expect(third).toBe(await page.$eval('.traces li:nth-child(3) a', (link) => link.getAttribute('href')));
  await page.keyboard.press('Enter');

  await page.waitForSelector('[role=tree]');
  await tabTo(page, '[role=tree]');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('[aria-selected=true]');
  const rows = await page.$$eval('[role=treeitem]', ({ length }) => length);
  await page.keyboard.press('ArrowLeft');
  await page.waitForSelector('[aria-selected=true][aria-expanded=false]');
  expect(await page.$$eval('[role=treeitem]', ({ length }) => length)).toBe(1);
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('[aria-selected=true][aria-expanded=true]');
  expect(await page.$$eval('[role=treeitem]', ({ length }) => length)).toBe(rows);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.details:focus');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.details', { hidden: true });

  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { hidden: true });
  expect(complaints).toEqual([]);
  await page.close();
});

it('says what in a search is not understood', async () => {
  const { page } = await openPage(browser(), `${viewer().url}/#/traces?q=duration%3Elong`);
  const alert = await page.waitForSelector('[role=alert]');
  expect(await alert!.evaluate((element) => element.textContent)).toContain('duration');
  await page.close();
});

it('shows what arrives by itself, but not under the hand of who reads', async () => {
  const { page, complaints } = await openPage(browser(), `${viewer().url}/#/traces?q=service%3Alive`);
  await page.waitForSelector('::-p-text(No trace has all of this.)');
  await viewer().post('/v1/traces', otlpTrace([{ name: 'first' }], 'live'));
  await page.waitForSelector('.traces ::-p-text(first)');

  await page.focus('.traces a');
  await viewer().post('/v1/traces', otlpTrace([{ name: 'second' }], 'live'));
  const update = await page.waitForSelector('.newer button');
  expect(await page.$$eval('.traces a', ({ length }) => length)).toBe(1);
  await update!.click();
  await page.waitForSelector('.traces ::-p-text(second)');
  expect(complaints).toEqual([]);
  await page.close();
});

it('does not offer what it shows already', async () => {
  await viewer().post('/v1/traces', otlpTrace([{ name: 'there before' }], 'live'));
  const { page, complaints } = await openPage(browser(), `${viewer().url}/#/traces`);
  await page.waitForSelector('.traces ::-p-text(there before)');
  // A later listener hears of the store's state after the page's own.
  await page.evaluate(
    () => new Promise((heard) => new EventSource('/api/events').addEventListener('message', heard, { once: true })),
  );
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  expect(await page.$('.newer')).toBeNull();
  expect(complaints).toEqual([]);
  await page.close();
});

function valueOf(page: Page): Promise<string> {
  return page.$eval('#search', (input) => (input as HTMLInputElement).value);
}

/** Presses Tab until an element has the focus, as someone without a pointer would. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`${selector} is not reached with Tab`);
}
