import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { recoverSpools } from '@foreshock/export/recover';
import { runFixture, startCollector } from '@foreshock/testkit';

/** What became of the spans of processes that were killed at random moments. */
export interface Kills {
  tries: number;
  spans: number;
  arrived: number;
  /** How long before the kill the lost ones had ended, ms; newest first. */
  lostAges: number[];
  twice: number;
  reports: number;
}

/** Kills as many processes, one after the other, in the first two seconds of their spans; all are of one service. */
export async function killAtRandom(tries: number, node: 22 | 24 | 26 = 24): Promise<Kills> {
  const collector = await startCollector();
  const base = mkdtempSync(join(tmpdir(), 'foreshock-kills-'));
  const kills: Kills = { tries, spans: 0, arrived: 0, lostAges: [], twice: 0, reports: 0 };
  const ended = new Map<string, number>();
  const recover = async (): Promise<void> => {
    const { deaths } = await recoverSpools(base, {
      destinations: [{ kind: 'otlp', url: `${collector.url}/v1/traces` }],
      userAgent: 'test',
      maxExportBatchSize: 512,
      report: () => {},
      warn: (line) => {
        throw new Error(line);
      },
      print: () => {},
    });
    kills.reports += deaths;
  };
  try {
    for (let i = 0; i < tries; i++) {
      const app = await runFixture(new URL('./fixtures/spans.cjs', import.meta.url), {
        node,
        collector,
        // What arrives has been recovered: the process itself has nothing under way when it is killed.
        env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'kills', OTEL_BSP_SCHEDULE_DELAY: '600000' },
      });
      await app.ready;
      await pause(Math.random() * 2_000);
      app.kill('SIGKILL');
      await app.exited;
      const lines = app
        .lines('stdout')
        .slice(1)
        .map((line) => line.split(' '));
      const last = Number(lines.at(-1)?.[1]);
      for (const [spanId, at] of lines) ended.set(spanId!, last - Number(at));
      await recover();
    }
    const received = collector.spans.filter(({ name }) => name === 'span').map(({ spanId }) => spanId);
    const arrived = new Set(received);
    kills.spans = ended.size;
    kills.arrived = arrived.size;
    kills.twice = received.length - arrived.size;
    kills.lostAges = [...ended]
      .filter(([spanId]) => !arrived.has(spanId))
      .map(([, age]) => age)
      .toSorted((one, other) => one - other);
    return kills;
  } finally {
    await collector.close();
    rmSync(base, { recursive: true, force: true });
  }
}
