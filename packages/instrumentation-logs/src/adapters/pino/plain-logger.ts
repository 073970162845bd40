import { BOUNDARY_FIELDS } from '../../boundary-line.ts';

let lastChecked: object | undefined;
let isFree = false;

/** Of serializers, as options give them. */
function leaveFields(serializers: object, messageKey: string): boolean {
  if (serializers !== lastChecked) {
    lastChecked = serializers;
    isFree = [messageKey, ...BOUNDARY_FIELDS].every((field) => !(field in serializers));
  }
  return isFree;
}

/**
 * Whether a line can be made beside pino: the logger has nothing that reads, hides or moves them
 * (pino/lib/proto.js `write`, lib/tools.js `asJson`).
 *
 * @param symbols of its lib/symbols.js
 */
export function takesFields(
  logger: any,
  {
    formattersSym,
    hooksSym,
    messageKeySym,
    mixinSym,
    needsMetadataGsym,
    nestedKeySym,
    redactFmtSym,
    serializersSym,
    streamSym,
    stringifiersSym,
  }: Record<string, symbol>,
): boolean {
  const { logMethod, streamWrite } = logger[hooksSym!] ?? {};
  return (
    !(logger[mixinSym!] || logger[formattersSym!].log || logMethod || streamWrite || logger[nestedKeySym!]) &&
    logger[stringifiersSym!][redactFmtSym!] === undefined &&
    logger[streamSym!][needsMetadataGsym!] !== true &&
    leaveFields(logger[serializersSym!], logger[messageKeySym!])
  );
}
