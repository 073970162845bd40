/** The child process of a mutant: modules are imported as they are, with the fault. */
import { serve } from './runner.ts';

serve();
