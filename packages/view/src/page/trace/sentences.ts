import type { Attributes } from '../contract.ts';
import { duration } from '../words/duration.ts';
import { printable, shortened, text } from '../words/attribute.ts';

/** Only from the span. */
export function sentencesOf(attributes: Attributes): string[] {
  const said = (key: string): string => printable(shortened(text(attributes[key]), 120));
  const number = (key: string): number => Number(attributes[key] ?? 0);
  const ms = (key: string): string => duration(number(key));
  const has = (key: string): boolean => attributes[key] !== undefined;
  const sentences: string[] = [];
  if (has('pool.wait_ms')) {
    const reason = said('pool.wait_reason') === 'connect' ? 'for a new connection' : 'in the queue of the pool';
    const state = [
      has('pool.limit') && `limit ${said('pool.limit')}`,
      has('pool.used') && `${said('pool.used')} in use`,
      has('pool.pending') && `${said('pool.pending')} waiting before it`,
    ].filter(Boolean);
    sentences.push(`Waited ${ms('pool.wait_ms')} ${reason}${state.length > 0 ? ` (${state.join(', ')})` : ''}.`);
  }
  if (has('pool.holder.held_ms')) {
    const operation = said('pool.holder.operation');
    const held = ms('pool.holder.held_ms');
    sentences.push(`The oldest connection had been held for ${held}${operation ? ` by ${operation}` : ''}.`);
  }
  if (number('queue.wait_ms') > 0) sentences.push(`Was in the queue for ${ms('queue.wait_ms')} before.`);
  const attempt = number('retry.attempt') || number('queue.attempt');
  const most = number('retry.max_attempts') || number('queue.max_attempts');
  if (attempt > 0 && (attempt > 1 || most > 1)) {
    const pause = number('retry.delay_ms') > 0 ? `, after a pause of ${ms('retry.delay_ms')}` : '';
    sentences.push(`Attempt ${attempt}${most > 0 ? ` of ${most}` : ''}${pause}.`);
  }
  if (has('circuitbreaker.state')) {
    const name = said('circuitbreaker.name');
    const outcome = said('circuitbreaker.outcome');
    const state = said('circuitbreaker.state').replace('_', '-');
    sentences.push(`Breaker${name ? ` ${name}` : ''} was ${state}${outcome ? `: ${outcome}` : ''}.`);
  }
  if (has('http.timeout_ms')) {
    const phase = said('http.timeout_phase');
    sentences.push(`Timed out after ${ms('http.timeout_ms')}${phase ? `, while it waited for ${phase}` : ''}.`);
  }
  if (has('event_loop.blocked_ms')) sentences.push(`The event loop was blocked for ${ms('event_loop.blocked_ms')}.`);
  return sentences;
}
