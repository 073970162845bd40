import { freePort, libraryContract, startMemcached, type Memcached } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { cacheMutants } from '../../../test/mutants.ts';
import { memjs } from './index.ts';

let server: Promise<Memcached> | undefined;
afterAll(async () => (await server)?.stop());

libraryContract(memjs, import.meta.url, {
  env: async () => {
    const { host, port } = await (server ??= startMemcached());
    return { host, port: String(port), refusing: String(await freePort()) };
  },
  expect: {
    span: {
      name: 'INCREMENT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'memcached', 'db.query.text': 'INCREMENT user:* ?' },
    },
    error: {
      name: 'INCREMENT',
      attributes: { 'db.query.text': 'INCREMENT user:* ?', 'db.response.status_code': '6', 'error.type': '6' },
      status: { code: 'ERROR', message: 'Memcached status 6' },
    },
  },
  mutants: cacheMutants,
  skip: { 'several keys': 'it has no call for several' },
});
