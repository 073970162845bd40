import { libraryContract } from '@foreshock/testkit';
import { nodeCron } from './index.ts';

libraryContract(nodeCron, import.meta.url, {
  expect: {
    span: { name: 'job report', attributes: { 'job.system': 'node-cron', 'job.schedule': '* * * * * *' } },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
