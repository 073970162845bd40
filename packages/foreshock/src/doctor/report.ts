import { styleText } from 'node:util';
import { printable } from '@foreshock/explain';
import type { Finding, Level } from './finding.ts';

const ORDER: Level[] = ['wrong', 'look', 'ok'];
const COLOURS = { wrong: 'red', look: 'yellow', ok: 'green' } as const;
const ABOUT = 12;

/** Findings and what to do, worst first, for terminal or file. */
export function reportText(findings: readonly Finding[], { width, color }: { width: number; color: boolean }): string {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const lines = ORDER.flatMap((level) => findings.filter((each) => each.level === level)).flatMap(
    ({ level, about, text, todo }) => {
      const head = `${level.padEnd(6)}${about.padEnd(ABOUT)} `;
      const indent = ' '.repeat(head.length);
      const body = [...wrapped(text, width - head.length), ...(todo ? wrapped(`→ ${todo}`, width - head.length) : [])];
      return body.map((line, at) =>
        at === 0
          ? `${style(COLOURS[level], level.padEnd(6))}${style('bold', about.padEnd(ABOUT))} ${line}`
          : indent + line,
      );
    },
  );
  return `${[...lines, '', summary(findings)].join('\n')}\n`;
}

export function isWrong(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'wrong');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((each) => each.level === level).length;
  const [wrong, look] = [count('wrong'), count('look')];
  if (wrong > 0) return `${wrong} wrong, ${look} to look at`;
  return look > 0 ? `nothing is wrong, ${look} to look at` : 'nothing is wrong';
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
