import { duration } from '../words/duration.ts';
import type { Row } from './model.ts';

/** Most important first. */
export function notesOf(row: Row): string[] {
  const { attempt, maxAttempts, breaker, queuedMs = 0, isWait, errorType } = row;
  const notes: string[] = [];
  if (row.status === 'error') notes.push(errorType?.slice(0, 40) || 'error');
  if (breaker) notes.push(`breaker ${breaker.replace('_', '-')}`);
  if (attempt) notes.push(maxAttempts ? `attempt ${attempt} of ${maxAttempts}` : `attempt ${attempt}`);
  if (queuedMs >= 1) notes.push(`queued ${duration(queuedMs)} before`);
  if (isWait) notes.push('waiting');
  return notes;
}
