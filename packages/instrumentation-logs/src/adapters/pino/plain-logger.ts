import { BOUNDARY_FIELDS } from '../../boundary-line.ts';

let lastChecked: object | undefined;
let isFree = false;

/** Of serializers, as options give them. */
function leaveFields(serializers: object): boolean {
  if (serializers !== lastChecked) {
    lastChecked = serializers;
    isFree = BOUNDARY_FIELDS.every((field) => !(field in serializers));
  }
  return isFree;
}

/** It makes no spans: sonic-boom, or a transport's thread. */
export function isPinos(stream: { constructor?: { name?: string } }): boolean {
  const name = stream.constructor?.name;
  return name === 'SonicBoom' || name === 'ThreadStream';
}

/**
 * Whether a line may get its fields after pino has made it: the logger has nothing that reads, hides or moves them
 * (pino/lib/proto.js `write`, lib/tools.js `asJson`).
 *
 * @param symbols of its lib/symbols.js
 */
export function takesFields(
  logger: any,
  {
    formattersSym,
    hooksSym,
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
    leaveFields(logger[serializersSym!])
  );
}
