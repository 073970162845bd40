/** Preloaded by the child process of a mutant: changes the source of one file as it loads. */
import { registerHooks } from 'node:module';
import { fileOf, mutated, MUTANT_VARIABLE, type Mutant } from './mutant.ts';

const mutant = JSON.parse(process.env[MUTANT_VARIABLE]!) as Mutant;
const { href } = fileOf(mutant);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    return url === href ? { ...loaded, source: mutated(mutant, String(loaded.source)) } : loaded;
  },
});
