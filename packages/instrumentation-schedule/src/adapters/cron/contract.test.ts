import { libraryContract } from '@foreshock/testkit';
import { scheduleMutants } from '../../../test/mutants.ts';
import { cron } from './index.ts';

libraryContract(cron, import.meta.url, {
  mutants: scheduleMutants,
  expect: {
    span: {
      name: 'job report',
      attributes: { 'job.system': 'cron', 'job.schedule': '* * * * * *', 'code.function.name': 'report' },
    },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
