import type { Failure, Settlement } from './events.ts';

/** Resolving after a reject or requeue is failure. */
export function refusalOf(answer: Settlement): Failure | undefined {
  if (answer !== 'requeue' && answer !== 'reject') return undefined;
  const type = answer === 'requeue' ? 'requeued' : 'rejected';
  return { error: new Error(`${type} by its handler`), type };
}
