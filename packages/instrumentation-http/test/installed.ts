import { installed as install } from '@foreshock/testkit';
import { onTestFinished } from 'vitest';

/**
 * An application's file beside other versions of libraries, for as long as the test runs.
 *
 * @param aliases library to alias: `{ express: 'express-4' }`
 */
export function installed(fixture: URL, aliases: Record<string, string>): string {
  const app = install(aliases);
  onTestFinished(() => app.remove());
  return app.add(fixture);
}
