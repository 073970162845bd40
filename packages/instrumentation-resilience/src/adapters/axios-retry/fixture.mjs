// axios with axios-retry as an application uses it; the contract suite calls it.
import axios from 'axios';
import axiosRetry from 'axios-retry';

export function open({ url }) {
  const client = axios.create({ baseURL: url });
  axiosRetry(client, { retries: 2, retryDelay: () => 1 });
  const call = (path) => client.get(path).then(({ data }) => data);
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => client.post(path) },
    close() {},
  };
}
