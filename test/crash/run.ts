// `npm run crash [-- TRIES [NODE [DELAY]]]`: what SIGKILL at a random moment loses, of processes that send what they have
// every DELAY ms, or once a batch is full. `npm run crash -- figures [NODE]`: the rest.
import { loadavg } from 'node:os';
import { printFigures } from './figures.ts';
import { killAtRandom, type Lost } from './random-kills.ts';
import type { Node } from './ways.ts';

/** What must not be lost. */
const OLD_MS = 100;

const [, , what = '500', node = '24', delay] = process.argv;
const isRight = await (what === 'figures'
  ? printFigures(Number(node) as Node)
  : kill(Number(what), Number(node) as Node, delay === undefined ? undefined : Number(delay)));
process.exitCode = isRight ? 0 : 1;

async function kill(tries: number, on: Node, delayMs?: number): Promise<boolean> {
  const loadBefore = loadavg()[0]!;
  const { spans, arrived, lost, twice, underWay, reports, late } = await killAtRandom(tries, on, delayMs);
  const older = (ms: number): Lost[] => lost.filter(({ ageMs }) => ageMs > ms);
  for (const each of older(OLD_MS)) console.log(told(each));
  // While its main thread has no processor nothing of a process can write.
  const unexcused = older(OLD_MS).filter(({ ageMs, waitedMs }) => ageMs - waitedMs > OLD_MS).length;
  console.log(
    `${tries} processes, ${spans} spans, ${arrived} arrived, ${twice} twice, of which ${underWay} were under way to the backend, ${reports} reports; ` +
      `lost that had ended more than ${OLD_MS} ms before: ${older(OLD_MS).length}, of which ${unexcused} without the time ` +
      `in which the main thread had no processor; ` +
      `more than 50 ms: ${older(50).length}; more than 20 ms: ${older(20).length}; ` +
      `oldest ${lost.at(-1)?.ageMs ?? 0} ms; in ${late} processes the main thread wrote; ` +
      `load ${loadBefore.toFixed(1)} to ${loadavg()[0]!.toFixed(1)}`,
  );
  return unexcused + twice === 0;
}

/** One line: when it ended, and what was written by whom since. */
function told({ kill, ageMs, beforeLastMs, waitedMs, ran, sinceFirstMs, left }: Lost): string {
  const { files, late: lateFrames, beats, lastBeatMs, writesMs } = left;
  const who = beats > 0 ? `sender thread alive ${lastBeatMs} ms before` : 'no heartbeat yet: the sender thread starts';
  return (
    `lost in process ${kill}: ended ${ageMs} ms before the kill, ${beforeLastMs} ms before the last span, ` +
    `${sinceFirstMs} ms after the first; the main thread waited ${waitedMs} ms for a processor since, and ran ${ran}; ${files} files, ${who}, ` +
    `${lateFrames} writes by the main thread; last writes ${writesMs.join(', ') || 'none'} ms before the kill`
  );
}
