import { install, onPath } from './servers/server.ts';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PACKAGES = ['chromium-headless-shell'];

/**
 * From `FORESHOCK_TEST_CHROMIUM`, the path, or Debian's packages.
 *
 * @throws an error that says what to install
 */
export function findChromium(): string {
  const given = process.env['FORESHOCK_TEST_CHROMIUM'];
  if (given) return given;
  const find = (): string | undefined => NAMES.map(onPath).find((path) => path !== undefined);
  const tried: string[] = [];
  const found = find() ?? install({ name: 'chromium', packages: PACKAGES, find }, tried);
  if (found) return found;
  throw new Error(
    `the tests need a real Chromium and none was found (${tried.join('; ')}). Install it ` +
      `(Debian: apt-get install ${PACKAGES.join(' ')}), or set FORESHOCK_TEST_CHROMIUM to the path of one.`,
  );
}
