import { startedOnce, freePort, libraryContract, startMemcached } from '@foreshock/testkit';
import { cacheMutants } from '../../../test/mutants.ts';
import { memjs } from './index.ts';

const server = startedOnce(startMemcached);

libraryContract(memjs, import.meta.url, {
  env: async () => {
    const { host, port } = await server();
    return { host, port: String(port), refusing: String(await freePort()) };
  },
  expect: {
    span: {
      name: 'INCREMENT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'memcached', 'db.query.text': 'INCREMENT user:* ?' },
    },
    error: {
      attributes: { 'db.query.text': 'INCREMENT user:* ?', 'db.response.status_code': '6', 'error.type': '6' },
      status: { code: 'ERROR', message: 'Memcached status 6' },
    },
  },
  mutants: cacheMutants,
  skip: { 'several keys': 'it has no call for several' },
});
