// undici's RetryAgent as an application uses it; the contract suite calls it.
import { Agent, RetryAgent, request } from 'undici';

export function open({ url }) {
  const agent = new Agent();
  const dispatcher = new RetryAgent(agent, { maxRetries: 2, minTimeout: 1, timeoutFactor: 1 });
  const call = async (path, method = 'GET') => {
    const { statusCode, body } = await request(url + path, { dispatcher, method });
    const text = await body.text();
    if (statusCode >= 400) throw new Error(`status ${statusCode}`);
    return text;
  };
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call: (path) => call(path), once: (path) => call(path, 'POST') },
    close: () => agent.close(),
  };
}
