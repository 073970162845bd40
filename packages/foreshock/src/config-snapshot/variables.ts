/** The shell's, machine's or process's: they differ without any configuration change. */
const UNSTABLE =
  /^(?:_|PWD|OLDPWD|SHLVL|HOSTNAME|HOME|USER|LOGNAME|MAIL|TERM|COLORTERM|COLUMNS|LINES|LS_COLORS|TMPDIR|DISPLAY|SSH_.*|XDG_.*|INIT_CWD|npm_.*|INVOCATION_ID|JOURNAL_STREAM|POD_(?:NAME|IP|UID)|NODE_NAME|NODE_IP|HOST_IP|OTEL_RESOURCE_ATTRIBUTES.*|ECS_.*|DYNO|NODE_UNIQUE_ID|NODE_APP_INSTANCE|NODE_CHANNEL_.*|pm_.*|PM2_.*|unique_id|.*_(?:INSTANCE|ALLOC|MACHINE|TASK|REPLICA|CONTAINER)_(?:ID|NAME)|.*_LOG_STREAM_NAME|.*_SERVICE_(?:HOST|PORT)(?:_.*)?|.*_PORT_\d+_(?:TCP|UDP)(?:_.*)?)$/;
/** In a name; or in a value, such as `Server=db;Password=…`. */
const SECRET = /pass|pwd|secret|token|key|credential|auth|cookie|cert|dsn|salt|private|signing|(?:^|_)pin(?:_|$)/i;
const HAS_USER = /:\/\/[^/\s]*@/;

export function isConfiguration(name: string): boolean {
  return !UNSTABLE.test(name);
}

export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

export function maybeSecret(name: string, value: string): boolean {
  return isSecretName(name) || SECRET.test(value) || HAS_USER.test(value);
}
