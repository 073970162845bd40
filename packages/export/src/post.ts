import type * as Http from 'node:http';
import type { Target } from './target.ts';

export type Answer =
  | {
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly contentType: string;
      /** The backend's clock. */
      readonly date: string | undefined;
      readonly body: Buffer;
      /** Whether the whole body was sent, which frees its buffer. */
      readonly allSent: boolean;
    }
  | { readonly error: string };

const MAX_ANSWER_BYTES = 64 * 1024;
const IDLE_RESET = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Settles within the time-out. Never throws.
 *
 * @param sent when the kernel has all but the last byte, without which no backend takes the request
 */
export async function post(
  target: Target,
  headers: Http.OutgoingHttpHeaders,
  body: Buffer,
  sent?: () => void,
): Promise<Answer> {
  const deadline = performance.now() + target.timeoutMs;
  const first = await attempt(target, headers, body, deadline, sent);
  // An idle connection closed when used is no failure.
  const answer = 'stale' in first ? await attempt(target, headers, body, deadline, sent) : first;
  if ('error' in answer) target.readCertificatesAgain();
  return answer;
}

function attempt(
  target: Target,
  headers: Http.OutgoingHttpHeaders,
  body: Buffer,
  deadline: number,
  sent: (() => void) | undefined,
): Promise<Answer & { stale?: true }> {
  return new Promise((resolve) => {
    const request = target.request({
      method: 'POST',
      headers: { ...target.headers, ...headers, 'content-length': body.length },
    });
    let last: NodeJS.Immediate | undefined;
    let isSettled = false;
    const giveUp = (): void => {
      isSettled = true;
      resolve({ error: `no answer within ${target.timeoutMs} ms` });
      request.destroy();
    };
    const timer = setTimeout(
      () => {
        // After a pause, timers run before an answer is read; immediates run after it.
        last = setImmediate(giveUp);
      },
      Math.max(0, deadline - performance.now()),
    );
    if (target.unref) {
      timer.unref();
      request.on('socket', (socket) => socket.unref());
    }
    const settle = (answer: Answer & { stale?: true }): void => {
      clearTimeout(timer);
      clearImmediate(last);
      isSettled = true;
      resolve(answer);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      const text = error.code ?? error.message;
      if (request.reusedSocket && IDLE_RESET.has(text)) settle({ error: text, stale: true });
      else settle({ error: text });
    };
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = (): void =>
        settle({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          contentType: response.headers['content-type'] ?? '',
          date: response.headers.date,
          body: Buffer.concat(chunks),
          allSent: request.writableFinished,
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < MAX_ANSWER_BYTES) return;
        done();
        request.destroy();
      });
      response.on('end', done);
      response.on('error', fail);
    });
    if (!sent) return void request.end(body);
    request.write(body.subarray(0, -1), (error) => {
      if (error) return;
      if (!isSettled) sent();
      request.end(body.subarray(-1));
    });
  });
}
