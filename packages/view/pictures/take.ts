// Takes the pictures of the READMEs: `node -C @foreshock/source packages/view/pictures/take.ts [FOLDER [SPANS]]`, after a
// build. With a folder, of all sizes and colours, to look at; `.` is the READMEs'. SPANS: another file than the recorded demo.
import { join } from 'node:path';
import { openBrowser, openPage } from '../test/page/browser.ts';
import { CHECKOUT, start } from '../test/viewer.ts';

const folder = process.argv[2] === '.' ? undefined : process.argv[2];
const spans = process.argv[3] ?? CHECKOUT;
const looks = folder
  ? ([1280, 390] as const).flatMap((width) => (['light', 'dark'] as const).map((theme) => ({ width, theme })))
  : [{ width: 1120, theme: 'dark' } as const];

const [browser, viewer] = await Promise.all([openBrowser(), start([spans])]);
try {
  for (const look of looks) {
    const { page } = await openPage(browser, viewer.url, look);
    const place = (name: string): `${string}.png` =>
      folder ? `${join(folder, name)}-${look.width}-${look.theme}.png` : `${join(import.meta.dirname, name)}.png`;
    await page.waitForSelector('.verdict-text a, main a[href^="#/trace/"]');
    await page.screenshot({ path: place('incident'), fullPage: folder !== undefined });
    const [address] = await page.$$eval('a[href^="#/trace/"]', (links) =>
      links.map((link) => link.getAttribute('href')!),
    );
    await page.evaluate((hash) => void (location.hash = hash), address!);
    await page.waitForSelector('[role=treeitem]');
    await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[role=treeitem]')]
        .find((row) => row.textContent.includes('pool.acquire'))
        ?.click(),
    );
    await page.waitForNetworkIdle({ idleTime: 300 });
    await page.screenshot({ path: place('waterfall') });
    if (folder) {
      for (const [hash, ready] of [
        ['traces', '.traces a'],
        ['graph', '.node'],
      ] as const) {
        await page.evaluate((to) => void (location.hash = `#/${to}`), hash);
        await page.waitForSelector(ready);
        await page.screenshot({ path: place(hash), fullPage: true });
      }
    }
    await page.close();
  }
} finally {
  await Promise.all([browser.close(), viewer.stop()]);
}
