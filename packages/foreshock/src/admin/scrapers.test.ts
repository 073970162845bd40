import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { Scrapers } from './scrapers.ts';

function request(remoteAddress: string, agent: string, query = ''): IncomingMessage {
  return { socket: { remoteAddress }, headers: { 'user-agent': agent }, url: `/metrics${query}` } as never;
}

it('tells scrapers apart by address, user agent and query, and gives the place of the one that left', () => {
  const scrapers = new Scrapers(3);
  expect(scrapers.of(request('10.0.0.1', 'Prometheus'))).toBe(0);
  expect(scrapers.of(request('10.0.0.2', 'Prometheus'))).toBe(1);
  expect(scrapers.of(request('10.0.0.1', 'Prometheus', '?replica=b'))).toBe(2);
  expect(scrapers.of(request('10.0.0.1', 'Prometheus'))).toBe(0);
  expect(scrapers.of(request('10.0.0.3', 'curl'))).toBe(1);
  expect(scrapers.of(request('10.0.0.1', 'Prometheus'))).toBe(0);
});
