import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { recoverSpools } from '@foreshock/export/recover';
import { runFixture, startCollector } from '@foreshock/testkit';
import { leftFiles, type LeftFiles } from './left-files.ts';
import { ProcessorWaits } from './processor-waits.ts';

export interface Lost {
  /** Which process. */
  kill: number;
  /** How long before the kill it had ended, ms. */
  ageMs: number;
  /** … and before the last one of its process: since then that had no processor, or was not alive. */
  beforeLastMs: number;
  /** For how long the main thread waited meanwhile for a processor, or for a thread that had none, ms. */
  waitedMs: number;
  /** How long it ran, and where it slept. */
  ran: string;
  /** Since the first span of its process, ms. */
  sinceFirstMs: number;
  /** What the files say. */
  left: LeftFiles;
}

/** What became of the spans of processes that were killed at random moments. */
export interface Kills {
  tries: number;
  spans: number;
  arrived: number;
  /** Newest first. */
  lost: Lost[];
  twice: number;
  /** … of them sent by the process itself as it was killed. */
  underWay: number;
  reports: number;
  /** Processes whose main thread had to write, as the sender thread did not. */
  late: number;
}

const RECOVERY = 'recovery';
const LIVES_MS = 2_000;
/** Before a kill, at a process's main thread. */
const LOOKS_MS = 600;
const LOOK_EVERY_MS = 10;

/**
 * Kills as many processes, one after the other, in the first two seconds of their spans; all are of one service.
 *
 * @param delayMs after which they send what is no full batch, 2,048 spans, yet
 */
export async function killAtRandom(tries: number, node: 22 | 24 | 26 = 24, delayMs = 600_000): Promise<Kills> {
  const collector = await startCollector();
  const base = mkdtempSync(join(tmpdir(), 'foreshock-kills-'));
  const kills: Kills = { tries, spans: 0, arrived: 0, lost: [], twice: 0, underWay: 0, reports: 0, late: 0 };
  const ended = new Map<string, Lost>();
  const recover = async (): Promise<void> => {
    const { deaths } = await recoverSpools(base, {
      destinations: [{ kind: 'otlp', url: `${collector.url}/v1/traces` }],
      userAgent: RECOVERY,
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
    for (let kill = 0; kill < tries; kill++) {
      const app = await runFixture(new URL('./fixtures/spans.cjs', import.meta.url), {
        node,
        collector,
        env: { FORESHOCK_SPOOL_DIR: base, OTEL_SERVICE_NAME: 'kills', OTEL_BSP_SCHEDULE_DELAY: String(delayMs) },
      });
      await app.ready;
      const killAt = performance.now() + Math.random() * LIVES_MS;
      await pause(Math.max(0, killAt - LOOKS_MS - performance.now()));
      const waits = new ProcessorWaits(app.pid);
      do {
        waits.look();
        await pause(Math.max(0, Math.min(LOOK_EVERY_MS, killAt - performance.now())));
      } while (performance.now() < killAt);
      waits.look();
      const killedAt = Date.now();
      app.kill('SIGKILL');
      await app.exited;
      const left = leftFiles(base, app.pid, killedAt);
      if (left.late > 0) kills.late++;
      const lines = app
        .lines('stdout')
        .slice(1)
        .map((line) => line.split(' '));
      const times = lines.map(([, at]) => Number(at));
      for (const [index, [spanId]] of lines.entries()) {
        const since = times.slice(index);
        ended.set(spanId!, {
          kill,
          ageMs: killedAt - since[0]!,
          beforeLastMs: times.at(-1)! - since[0]!,
          waitedMs: waits.since(since[0]!),
          ran: waits.ranSince(since[0]!),
          sinceFirstMs: since[0]! - times[0]!,
          left,
        });
      }
      await recover();
    }
    const received = collector.spans.filter(({ name }) => name === 'span').map(({ spanId }) => spanId);
    const arrived = new Set(received);
    kills.spans = ended.size;
    kills.arrived = arrived.size;
    kills.twice = received.length - arrived.size;
    const own = collector.requests.filter(({ headers }) => headers['user-agent'] !== RECOVERY);
    const counts = Map.groupBy(received, (spanId) => spanId);
    for (const { payload } of own)
      for (const { spanId } of payload?.spans ?? []) if (counts.get(spanId)?.length === 2) kills.underWay++;
    kills.lost = [...ended]
      .filter(([spanId]) => !arrived.has(spanId))
      .map(([, lost]) => lost)
      .toSorted((one, other) => one.ageMs - other.ageMs);
    return kills;
  } finally {
    await collector.close();
    rmSync(base, { recursive: true, force: true });
  }
}
