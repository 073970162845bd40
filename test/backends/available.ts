import type { TestContext } from 'vitest';
import { say, Unavailable } from './obtain.ts';

/** What was obtained, or why it could not be. */
export async function orUnavailable<T>(obtained: Promise<T>): Promise<T | Unavailable> {
  try {
    return await obtained;
  } catch (error) {
    if (error instanceof Unavailable) return error;
    throw error;
  }
}

/** Without it the test fails in CI if the machine has what it takes, and else a line says what was not checked. */
export function need<T>(obtained: T | Unavailable, context: TestContext): T {
  if (!(obtained instanceof Unavailable)) return obtained;
  if (obtained.expected && process.env['CI']) throw obtained;
  say(`NOT CHECKED: ${obtained.message}`);
  return context.skip(obtained.message);
}
