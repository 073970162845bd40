/** Preloaded by a mutant's child process: changes one file's source as it loads. */
import { registerHooks } from 'node:module';
import { fileOf, mutated, MUTANT_VARIABLE, type Fault } from './mutant.ts';

const fault = JSON.parse(process.env[MUTANT_VARIABLE]!) as Fault;
const { href } = fileOf(fault);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    return url === href ? { ...loaded, source: mutated(fault, String(loaded.source)) } : loaded;
  },
});
