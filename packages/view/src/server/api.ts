import type { AnswerQuery } from '../answer/thread.ts';
import { VERSION } from '../version.ts';
import { sendExport } from './export.ts';
import { Refusal } from './refusal.ts';
import type { Context, Reply } from './exchange.ts';

const MOST_TRACES = 500;

export async function api(context: Context): Promise<Reply | undefined> {
  const { response, url, store, answers, events } = context;
  const { searchParams: query, pathname } = url;
  const path = pathname.slice('/api/'.length);
  if (path === 'status') return json({ version: VERSION, ...(await store.call('status', [])) });
  if (path === 'events') {
    if (!events.add(response)) throw new Refusal(503, 'too many pages are open');
    return undefined;
  }
  if (path === 'traces') {
    const found = await store.call('traces', [
      {
        q: query.get('q') ?? '',
        from: numberIn(query, 'from', 0),
        to: numberIn(query, 'to', 1e13),
        limit: Math.min(Math.ceil(numberIn(query, 'limit', 50)) || 50, MOST_TRACES),
        before: query.get('before') ?? undefined,
      },
    ]);
    return text(found);
  }
  if (path === 'export') return sendExport(context, numberIn(query, 'from', 0), numberIn(query, 'to', 1e13));
  if (path.startsWith('traces/')) return text(await ofTrace(context, path.slice('traces/'.length).toLowerCase()));
  if (path === 'answer' || path === 'graph' || path === 'pools') {
    const { seq } = await store.call('status', []);
    const computed = await answers.newest(answerQuery(query), seq, path !== 'answer');
    return computed ? text(computed[path]) : { ...json({ computing: true }), status: 202 };
  }
  if (path === 'attributes') return json({ keys: await store.call('keys', [query.get('prefix') ?? '']) });
  const [, key] = /^attributes\/(.+)\/values$/.exec(path) ?? [];
  if (key !== undefined) return json({ values: await store.call('values', [decode(key)]) });
  throw new Refusal(404, 'no such address');
}

/** A trace's rows, the rest of it, or one span. */
async function ofTrace({ url, store }: Context, path: string): Promise<string> {
  const [, id, rest, spanId] = /^([0-9a-f]{1,32})(?:(\/rest)|\/spans\/([0-9a-f]{16}))?$/.exec(path) ?? [];
  if (id === undefined) throw new Refusal(404, 'no such address');
  const traceId = id.padStart(32, '0');
  let found: string | undefined;
  if (spanId !== undefined) found = await store.call('span', [traceId, spanId, numberIn(url.searchParams, 'kind', 0)]);
  else found = await store.call(rest ? 'traceRest' : 'trace', [traceId]);
  if (found === undefined) throw new Refusal(404, 'There is no such trace here: it was never sent, or is gone.');
  return found;
}

function json(value: unknown): Reply {
  return text(JSON.stringify(value));
}

function text(body: string): Reply {
  return { type: 'application/json', body };
}

function numberIn(query: URLSearchParams, name: string, otherwise: number): number {
  const given = query.get(name);
  const number = Number(given);
  if (given !== null && !(number >= 0)) throw new Refusal(400, `${name} is no number`);
  return given === null || given === '' ? otherwise : number;
}

function answerQuery(query: URLSearchParams): AnswerQuery {
  const asked: AnswerQuery = {};
  for (const name of ['from', 'to'] as const) if (query.get(name)) asked[name] = numberIn(query, name, 0);
  for (const name of ['service', 'route'] as const) if (query.get(name)) asked[name] = query.get(name)!.slice(0, 256);
  return asked;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'not percent-encoded as it should be');
  }
}
