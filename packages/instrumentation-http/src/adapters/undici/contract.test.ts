import { clientContract } from '../../../test/client-contract.ts';

clientContract('undici', import.meta.url, 'nothing of undici is patched');
