import type { Span } from '../contract.ts';
import { duration } from '../words/duration.ts';
import { printable, shortened } from '../words/attribute.ts';
import { factsOf, textOf } from './facts.ts';

/** Uses only attributes of the span. */
export function sentencesOf(span: Span): string[] {
  const { attributes } = span;
  const facts = factsOf(span);
  const said = (key: string): string => printable(shortened(textOf(attributes, key), 120));
  const ms = (key: string): string => duration(Number(attributes[key]));
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
  if (facts.queuedMs > 0) sentences.push(`Was in the queue for ${duration(facts.queuedMs)} before.`);
  if (facts.attempt > 0 && (facts.attempt > 1 || facts.maxAttempts > 1)) {
    const pause = facts.delayMs > 0 ? `, after a pause of ${duration(facts.delayMs)}` : '';
    const most = facts.maxAttempts > 0 ? ` of ${facts.maxAttempts}` : '';
    sentences.push(`Attempt ${facts.attempt}${most}${pause}.`);
  }
  if (facts.breaker) {
    const name = facts.breakerName ? ` ${printable(shortened(facts.breakerName, 120))}` : '';
    const outcome = said('circuitbreaker.outcome');
    sentences.push(`Breaker${name} was ${facts.breaker.replace('_', '-')}${outcome ? `: ${outcome}` : ''}.`);
  }
  if (has('http.timeout_ms')) {
    const phase = said('http.timeout_phase');
    sentences.push(`Timed out after ${ms('http.timeout_ms')}${phase ? `, while it waited for ${phase}` : ''}.`);
  }
  if (has('event_loop.blocked_ms')) sentences.push(`The event loop was blocked for ${ms('event_loop.blocked_ms')}.`);
  return sentences;
}
