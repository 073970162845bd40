import { libraryContract } from '@foreshock/testkit';
import { croner } from './index.ts';

libraryContract(croner, import.meta.url, {
  expect: {
    span: {
      name: 'job report',
      attributes: { 'job.system': 'croner', 'job.schedule': '* * * * * *', 'code.function.name': 'report' },
    },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
