// p-retry as an application uses it; the contract suite calls it.
import pRetry, { AbortError } from 'p-retry';

export function open({ url }) {
  const send = async (path) => {
    const response = await fetch(url + path);
    const body = await response.text();
    if (response.status === 404) throw new AbortError('not found');
    if (!response.ok) throw new Error(`status ${response.status}`);
    return body;
  };
  const call = (path, retries = 2) => pRetry(() => send(path), { retries, minTimeout: 1, factor: 1 });
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => call(path, 0) },
    close() {},
  };
}
