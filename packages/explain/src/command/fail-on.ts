import type { Answer } from '../report/answer.ts';
import { UnreadableSource } from '../sources/unreadable.ts';
import { CAUSE_KINDS } from '../verdict/cause-kinds.ts';

const OTHERS: Record<string, (answer: Answer) => boolean> = {
  cycles: ({ cycles }) => cycles.length > 0,
  retries: ({ retries }) => retries.some(({ jitter }) => jitter === false),
  unclear: ({ verdict }) => verdict === 'unclear',
  any: ({ verdict }) => verdict === 'shown' || verdict === 'likely',
};

/** @throws UnreadableSource for an unknown name */
export function checkNames(names: string[]): void {
  const known: readonly string[] = [...Object.keys(OTHERS), ...CAUSE_KINDS];
  for (const name of names)
    if (!known.includes(name)) throw new UnreadableSource(`--fail-on ${name}: there is only ${known.join(', ')}`);
}

export function failsOn(names: string[], answer: Answer): string | undefined {
  return names.find((name) => OTHERS[name]?.(answer) ?? answer.causes[0]?.kind === name);
}
