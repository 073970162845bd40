/* Nest has no adapter: its routes are those of the platform under it. */
import { shows, versionOf } from '@foreshock/testkit';
import { expect, it } from 'vitest';
import { expectedOf, servedBy, type Expected } from './route-contract.ts';

const ROUTES: Expected[] = [
  ['GET', '/api/orders/42', 200, 'GET /api/orders/:id'],
  ['GET', '/api/orders/42/broken', 500, 'GET /api/orders/:id/broken'],
];

it.each(['express', 'fastify'])('Nest on %s serves with its routes, prefixes included', async (platform) => {
  shows('nestjs', ['spans', 'parent', 'ESM'], versionOf('@nestjs/core'));
  const app = new URL('./fixtures/nest.mjs', import.meta.url);
  expect(await servedBy(app, { args: [platform] }, ROUTES)).toEqual(expectedOf(ROUTES));
});
