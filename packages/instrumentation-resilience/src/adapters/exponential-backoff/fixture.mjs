// exponential-backoff as an application uses it; the contract suite calls it.
import { backOff } from 'exponential-backoff';

export function open({ url }) {
  const send = async (path) => {
    const response = await fetch(url + path);
    const body = await response.text();
    if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
    return body;
  };
  const call = (path, numOfAttempts = 3) =>
    backOff(() => send(path), {
      numOfAttempts,
      startingDelay: 1,
      timeMultiple: 1,
      retry: ({ status }) => status !== 404,
    });
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => call(path, 1) },
    close() {},
  };
}
