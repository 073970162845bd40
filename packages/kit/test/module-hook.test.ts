import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary, NODES } from '@foreshock/testkit';
import { describe, expect, it } from 'vitest';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const run = promisify(execFile);

describe.each(NODES)('Node %s', (major) => {
  for (const app of ['app.mjs', 'app.cjs']) {
    for (const preload of ['--require', '--import']) {
      it(`sees CommonJS and ES modules of ${app} by ${preload}, once each`, async () => {
        const { stdout, stderr } = await run(nodeBinary(major), [preload, fixture('attach.mjs'), fixture(app)]);
        expect(stdout.trim().split('\n')).toEqual([
          'played loudly played loudly played loudly played loudly played tuned loudly played loudly',
          expect.stringMatching(/^CALLS /),
        ]);
        expect(JSON.parse(stdout.trim().split('CALLS ')[1]!).sort()).toEqual([
          'cjs 1.4.0',
          'esm 1.5.0',
          'function 1.6.0',
        ]);
        expect(stderr).toBe('');
      });
    }
  }

  it('gives later importers of a replaced module the original back, and all the same replacement again', async () => {
    const { stdout } = await run(nodeBinary(major), [fixture('undone.mjs')]);
    expect(JSON.parse(stdout)).toEqual({
      first: ['played'],
      isOriginal: true,
      second: ['played', 'played'],
      isSame: true,
    });
  });

  it('keeps what another adapter has put in the place of a module', async () => {
    const { stdout } = await run(nodeBinary(major), [fixture('replaced-twice.mjs')]);
    expect(JSON.parse(stdout)).toEqual({ both: ['second', 'first'], firstAlone: ['first'], none: [] });
  });

  it('knows packages under their npm aliases, by require and by import', async () => {
    const { stdout } = await run(nodeBinary(major), ['--require', fixture('attach.mjs'), fixture('aliases.mjs')]);
    expect(stdout.trim().split('\n')).toEqual([
      'played loudly, played loudly, played loudly, tuned loudly, played',
      'CALLS ["cjs 1.2.0","esm 1.3.0"]',
    ]);
  });
});
