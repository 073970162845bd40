import { libraryContract } from '@foreshock/testkit';
import { toadScheduler } from './index.ts';

libraryContract(toadScheduler, import.meta.url, {
  expect: {
    span: { name: 'job report', attributes: { 'job.system': 'toad-scheduler', 'code.function.name': 'report' } },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
