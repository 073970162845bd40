import { withBody } from '../server/body.ts';
import type { Context, Reply } from '../server/server.ts';

/** Takes what exporters send. The answer comes once it is stored, so that who sends too fast waits. */
export async function receive({ request, url, store, events }: Context): Promise<Reply> {
  return withBody(request, async (body) => {
    if (url.pathname === '/v1/metrics') return ok;
    const bytes = new Uint8Array(body);
    const { status, ...added } = await store.call('receive', [bytes], [bytes.buffer]);
    events.changed(status);
    return url.pathname === '/api/files' ? { ...ok, body: JSON.stringify(added) } : ok;
  });
}

const ok: Reply = { type: 'application/json', body: '{}' };
