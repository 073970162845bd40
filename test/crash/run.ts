// `npm run crash [-- TRIES [NODE]]`: what SIGKILL at a random moment loses. `npm run crash -- figures [NODE]`: the rest.
import { loadavg } from 'node:os';
import { printFigures } from './figures.ts';
import { killAtRandom, type Lost } from './random-kills.ts';
import type { Node } from './ways.ts';

/** Spans end every 5 ms at most. */
const BUSY_MS = 50;
/** What must not be lost. */
const OLD_MS = 100;

const [, , what = '500', node = '24'] = process.argv;
const isRight = await (what === 'figures'
  ? printFigures(Number(node) as Node)
  : kill(Number(what), Number(node) as Node));
process.exitCode = isRight ? 0 : 1;

async function kill(tries: number, on: Node): Promise<boolean> {
  const loadBefore = loadavg()[0]!;
  const { spans, arrived, lost, twice, underWay, reports, late } = await killAtRandom(tries, on);
  const older = (ms: number): Lost[] => lost.filter(({ ageMs }) => ageMs > ms);
  for (const each of older(OLD_MS)) console.log(told(each));
  const busy = older(OLD_MS).filter(({ pauseMs }) => pauseMs > BUSY_MS).length;
  const noProcessor = older(OLD_MS).filter(({ beforeLastMs }) => beforeLastMs <= OLD_MS).length;
  console.log(
    `${tries} processes, ${spans} spans, ${arrived} arrived, ${twice} twice, of which ${underWay} were under way to the backend, ${reports} reports; ` +
      `lost that had ended more than ${OLD_MS} ms before: ${older(OLD_MS).length}, of which ${busy} while the main thread ` +
      `stood still for more than ${BUSY_MS} ms, and ${noProcessor} though no span came that much later; ` +
      `more than 50 ms: ${older(50).length}; more than 20 ms: ${older(20).length}; ` +
      `oldest ${lost.at(-1)?.ageMs ?? 0} ms; in ${late} processes the main thread wrote; ` +
      `load ${loadBefore.toFixed(1)} to ${loadavg()[0]!.toFixed(1)}`,
  );
  return older(OLD_MS).length + twice - underWay === 0;
}

/** One line: when it ended, and what was written by whom since. */
function told({ kill, ageMs, beforeLastMs, pauseMs, sinceFirstMs, left }: Lost): string {
  const { files, late: lateFrames, beats, lastBeatMs, writesMs } = left;
  const who = beats > 0 ? `sender thread alive ${lastBeatMs} ms before` : 'no heartbeat yet: the sender thread starts';
  return (
    `lost in process ${kill}: ended ${ageMs} ms before the kill, ${beforeLastMs} ms before the last span, ` +
    `${sinceFirstMs} ms after the first; longest pause of the main thread since ${pauseMs} ms; ${files} files, ${who}, ` +
    `${lateFrames} writes by the main thread; last writes ${writesMs.join(', ') || 'none'} ms before the kill`
  );
}
