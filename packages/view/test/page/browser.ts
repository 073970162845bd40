import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, vi } from 'vitest';
import { findChromium } from '@foreshock/testkit';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page that may say or throw nothing wrong while it is used. */
export interface OpenPage {
  page: Page;
  /** Errors, refusals of the page's security policy, requests that left the viewer. */
  complaints: string[];
}

/** A browser on a loaded machine is slow, and no failure for it. */
const PATIENCE_MS = 120_000;

/** One for all tests of a file. */
export function sharedBrowser(): () => Browser {
  vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS });
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  return () => browser;
}

export function openBrowser(): Promise<Browser> {
  // Root has no sandbox; the viewer is ours.
  return launch({ executablePath: findChromium(), headless: 'shell', args: ['--no-sandbox', '--disable-gpu'] });
}

export interface Look {
  width?: number;
  theme?: 'light' | 'dark';
}

export async function openPage(
  browser: Browser,
  address: string,
  { width = 1280, theme = 'light' }: Look = {},
): Promise<OpenPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS / 2);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(address).origin) && !request.url().startsWith('data:')) {
      complaints.push(`asked ${request.url()}`);
    }
  });
  await page.setViewport({ width, height: 844 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  await page.goto(address, { waitUntil: 'domcontentloaded' });
  return { page, complaints };
}

/** What axe finds to be serious or critical. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
  });
}

/** Waits until the page's text has something in it. */
export async function hasText(page: Page, text: string): Promise<void> {
  await page.waitForSelector(`::-p-text(${text})`);
}
