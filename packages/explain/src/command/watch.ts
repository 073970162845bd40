import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../report/answer.ts';
import { printable } from '../report/printable.ts';
import { UnreadableSource } from '../sources/unreadable.ts';
import type { ExplainArguments } from './arguments.ts';
import type { Io } from './io.ts';
import { printed } from './printed.ts';
import { stampOf } from './source-stamp.ts';

const PAUSE_MS = 2_000;
/** At most a fifth of the time is spent on answers. */
const PAUSES_PER_ANSWER = 4;

/**
 * Answers again when sources have changed, one answer at a time, until SIGINT. A terminal is redrawn; otherwise an
 * answer is written when more than its figures changed. An unreadable source may come: it is reported once.
 */
export async function watch(
  sources: string[],
  answerNow: () => Promise<Answer>,
  form: ExplainArguments['form'],
  io: Io,
): Promise<never> {
  io.endOnInterrupt();
  let [stamp, shown, unread]: (string | undefined)[] = [];
  for (;;) {
    const began = performance.now();
    const newest = await stampOf(sources);
    if (newest === undefined || newest !== stamp) {
      stamp = newest;
      try {
        const answer = await answerNow();
        unread = undefined;
        const essence = essenceOf(answer);
        if (io.rows !== undefined && form !== 'json') redraw(printed(answer, form, io), io.rows, io);
        else if (essence !== shown)
          io.stdout(
            shown === undefined || form === 'json' ? printed(answer, form, io) : `\n${printed(answer, form, io)}`,
          );
        shown = essence;
      } catch (error) {
        if (!(error instanceof UnreadableSource)) throw error;
        if (error.message !== unread) io.stderr(`foreshock explain: ${printable(error.message)}; waiting\n`);
        unread = error.message;
      }
    }
    await setTimeout(Math.max(PAUSE_MS, PAUSES_PER_ANSWER * (performance.now() - began)));
  }
}

/** Of impact only its order of magnitude: each request changes the figures. */
function essenceOf({ verdict, causes, path, impact, cycles }: Answer): string {
  return JSON.stringify([
    verdict,
    causes.map(({ kind, service, resource, operation }) => [kind, service, resource, operation]),
    path,
    impact.map(({ service, route, slow, failed }) => [service, route, Math.round(Math.log2(slow + failed + 1))]),
    cycles,
  ]);
}

/** Scrolling would leave parts of earlier answers. */
function redraw(text: string, rows: number, io: Io): void {
  const lines = text
    .trimEnd()
    .split('\n')
    .slice(0, Math.max(1, rows - 2));
  const at = new Date().toISOString().slice(11, 19);
  io.stdout(`\x1b[2J\x1b[H${lines.join('\n')}\nread ${at}; Ctrl-C ends\n`);
}
