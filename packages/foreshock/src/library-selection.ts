import { wrongValue } from './env.ts';
import type { PluginConfig } from './plugin-config.ts';

const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';

/**
 * Unknown names are ignored; an enabled list with only such counts as unset.
 *
 * @param warn per such list
 */
export function selectLibraries(
  { enabledInstrumentations, disabledInstrumentations }: PluginConfig,
  known: ReadonlySet<string>,
  warn: (line: string) => void,
): (library: string) => boolean {
  const knownOf = (variable: string, asked: string[] | undefined, nothingLeft: string): Set<string> => {
    const found = new Set(asked?.filter((name) => known.has(name)));
    const unknown = asked?.filter((name) => !known.has(name)) ?? [];
    if (unknown.length > 0) {
      const names = `known are ${[...known].sort().join(', ')}`;
      const instead = found.size > 0 ? 'left out' : nothingLeft;
      warn(wrongValue(variable, unknown.join(','), `names no library that is instrumented, ${instead}; ${names}`));
    }
    return found;
  };
  const enabled = knownOf(ENABLED, enabledInstrumentations, 'all are enabled');
  const disabled = knownOf(DISABLED, disabledInstrumentations, 'none is disabled');
  return (library) => (enabled.size === 0 || enabled.has(library)) && !disabled.has(library);
}
