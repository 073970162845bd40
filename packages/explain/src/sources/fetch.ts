import { UnreadableSource } from './unreadable.ts';

const LIMIT_MS = 30_000;

/** @throws UnreadableSource */
export async function fetchBody(url: URL): Promise<AsyncIterable<Buffer>> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), headers: { accept: 'application/json' } });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    throw new UnreadableSource(`no answer (${cause?.code ?? cause?.message ?? message})`);
  }
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new UnreadableSource(`answered ${answer.status} to ${url.pathname}`, answer.status);
  }
  // Jaeger answers paths that it does not know with its page.
  if (answer.headers.get('content-type')?.startsWith('text/html')) {
    await answer.body?.cancel();
    throw new UnreadableSource(`answered with a web page to ${url.pathname}`);
  }
  return buffers(answer.body);
}

async function* buffers(body: Response['body']): AsyncGenerator<Buffer> {
  if (!body) return;
  try {
    for await (const chunk of body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (error) {
    // A truncated answer is used; its cut value is reported.
    if (!/terminated|aborted|closed|reset/i.test(String((error as Error).message))) throw error;
  }
}

export async function fetchJson(url: URL): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of await fetchBody(url)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UnreadableSource(`half an answer, or none in JSON, to ${url.pathname}`);
  }
}
