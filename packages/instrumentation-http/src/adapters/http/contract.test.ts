import { clientContract } from '../../../test/client-contract.ts';

clientContract('http', import.meta.url, 'the functions of node:http are not patched');
