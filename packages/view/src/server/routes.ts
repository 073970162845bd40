import { api } from './api.ts';
import { pageFile } from './page.ts';
import { receive, receiveDropped } from '../receiver/receive.ts';
import { Refusal } from './refusal.ts';
import type { Context, Reply } from './exchange.ts';

const RECEIVERS = new Set(['/v1/traces', '/v1/logs', '/v1/metrics', '/api/v2/spans']);

export async function routes(context: Context): Promise<Reply | undefined> {
  const { request, url } = context;
  const path = url.pathname;
  if (RECEIVERS.has(path) || path === '/api/files') {
    if (request.method !== 'POST') throw new Refusal(405, `${path} takes POST`);
    return path === '/api/files' ? receiveDropped(context) : receive(context);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal(405, 'GET only');
  if (path.startsWith('/api/')) return api(context);
  if (path.startsWith('/assets/')) return pageFile(path.slice('/assets/'.length));
  if (path === '/') return pageFile('index.html');
  throw new Refusal(404, 'no such address');
}
