import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, NODES } from '@foreshock/testkit';
import { expect, it } from 'vitest';

const hint = fileURLToPath(new URL('../src/collection-hint.ts', import.meta.url));
/** Ends once shared memory that nothing has is collected. */
const script = `
  import { hintCollection } from ${JSON.stringify(hint)};
  let kept = Array.from({ length: 64 }, () => new SharedArrayBuffer(256 * 1024));
  // It becomes old. What V8 begins for that is over a second later.
  for (let i = 0; i < 10; i++) Array.from({ length: 20_000 }, () => ({}));
  setTimeout(() => {
    kept = undefined;
    hintCollection();
    const look = setInterval(() => {
      if (process.memoryUsage().arrayBuffers < 1024 * 1024) {
        clearInterval(look);
        console.log('collected');
      }
    }, 10);
  }, 1_000);
`;

it.each(NODES)('V8 collects shared memory once it is hinted: Node %s', { timeout: 60_000 }, async (node) => {
  const args = [
    '--max-semi-space-size=1',
    '--experimental-strip-types',
    '--no-warnings',
    '--input-type=module',
    '-e',
    script,
  ];
  expect((await promisify(execFile)(nodeBinary(node), args)).stdout).toBe('collected\n');
});
