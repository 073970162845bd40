import type { Answer } from '../report/answer.ts';
import { markdown } from '../report/markdown.ts';
import { terminal } from '../report/terminal.ts';
import type { ExplainArguments } from './arguments.ts';
import type { Io } from './io.ts';

export function printed(answer: Answer, form: ExplainArguments['form'], io: Io): string {
  if (form === 'json') return `${JSON.stringify(answer)}\n`;
  return form === 'md' ? markdown(answer) : terminal(answer, io);
}
