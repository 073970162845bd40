import { libraryContract } from '@foreshock/testkit';
import { timers } from './index.ts';

libraryContract(timers, import.meta.url, {
  expect: {
    span: {
      name: 'job report',
      attributes: { 'job.system': 'timers', 'job.schedule': 'every 5 ms', 'code.function.name': 'report' },
    },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
