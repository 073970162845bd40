// `npm run crash -- figures [NODE]`: what is known of each way to die, how soon a block is reported, and what a span
// takes in the files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFixture, startCollector } from '@foreshock/testkit';
import { leftFiles } from './left-files.ts';
import { FINISHED, knownOf, OPEN, WAYS, type Node, type Way } from './ways.ts';

const BLOCKS = 3;
const BLOCK_MS = 3_000;

export async function printFigures(node: Node): Promise<boolean> {
  const collector = await startCollector();
  try {
    let isRight = true;
    const all = { finished: 0, open: 0, right: 0, ways: 0 };
    for (const way of Object.keys(WAYS) as Way[]) {
      const known = await knownOf(collector, way, 'service.cjs', node);
      if (!known) {
        console.log(`${way}: not on this machine`);
        continue;
      }
      const { finished, interrupted, causes } = known;
      all.ways++;
      all.finished += finished.length;
      all.open += interrupted.length;
      if (String(causes) === String(WAYS[way].cause ?? '')) all.right++;
      console.log(`${way}: ${finished.length} finished, ${interrupted.length} open, cause ${causes.join(', ')}`);
    }
    const { finished, open, right, ways } = all;
    isRight &&= finished === FINISHED * ways && open === OPEN * ways && right === ways;
    console.log(
      `${finished} / ${open} of ${FINISHED * ways} / ${OPEN * ways} spans known; cause right of ${right} of ${ways}`,
    );
    for (let i = 0; i < BLOCKS; i++) {
      const { afterMs, stack } = await reportedBlock(node);
      isRight &&= afterMs <= 1_500 && stack.includes('block');
      console.log(`block of ${BLOCK_MS} ms: said after ${afterMs} ms, at ${stack.slice(0, 60)}`);
    }
    const { share, spans } = await writtenShare(node);
    isRight &&= share <= 1.2;
    console.log(`${spans} spans take ${share.toFixed(3)} of their records in the files`);
    return isRight;
  } finally {
    await collector.close();
  }
}

async function reportedBlock(node: Node): Promise<{ afterMs: number; stack: string }> {
  const collector = await startCollector();
  const app = await runFixture(new URL('./fixtures/block.cjs', import.meta.url), {
    node,
    collector,
    args: [String(BLOCK_MS)],
    env: { FORESHOCK_BLOCK_MS: undefined },
  });
  const { at } = await app.ready;
  const line = await app.waitForLine('stderr', (text) => text.includes('event_loop.blocked'));
  const afterMs = Date.now() - at;
  await app.stop();
  await collector.close();
  return { afterMs, stack: /\bstack="?(.*)/.exec(line)?.[1] ?? '' };
}

/** Of spans that end every 2.5 ms. */
async function writtenShare(node: Node): Promise<{ share: number; spans: number }> {
  const base = mkdtempSync(join(tmpdir(), 'foreshock-figures-'));
  const collector = await startCollector();
  try {
    const app = await runFixture(new URL('./fixtures/spans.cjs', import.meta.url), {
      node,
      collector,
      env: { FORESHOCK_SPOOL_DIR: base, OTEL_BSP_SCHEDULE_DELAY: '600000' },
    });
    await app.ready;
    while (app.lines('stdout').length < 500) await new Promise((resolve) => setTimeout(resolve, 50));
    app.kill('SIGKILL');
    await app.exited;
    const { spans, frameBytes, recordBytes } = leftFiles(base, app.pid, Date.now());
    return { share: frameBytes / recordBytes, spans };
  } finally {
    await collector.close();
    rmSync(base, { recursive: true, force: true });
  }
}
