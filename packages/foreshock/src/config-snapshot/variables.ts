/** The shell's, machine's or process's: they differ without any configuration change. */
const UNSTABLE = new RegExp(
  `^(?:${[
    String.raw`_|PWD|OLDPWD|SHLVL|HOSTNAME|HOME|USER|LOGNAME|MAIL|TERM|COLORTERM|COLUMNS|LINES|LS_COLORS|TMPDIR|DISPLAY`,
    String.raw`SSH_.*|XDG_.*|INIT_CWD|npm_.*|COLOR|EDITOR|NODE|OTEL_RESOURCE_ATTRIBUTES.*|NODE_UNIQUE_ID|NODE_APP_INSTANCE|NODE_CHANNEL_.*`,
    // systemd's
    String.raw`INVOCATION_ID|JOURNAL_STREAM|(?:.*_)?PID|(?:MANAGER|MAIN)PID`,
    // pm2's, which has all that it knows of a process in the environment
    String.raw`pm_.*|pm2_.*|PM2_.*|unique_id|axm_.*|restart_time|unstable_restarts|prev_restart_delay|created_at|exit_code`,
    String.raw`version|node_version|versioning|vizion_running`,
    // Containers' and platforms'
    String.raw`POD_(?:NAME|IP|UID)|NODE_NAME|NODE_IP|HOST_IP|ECS_.*|DYNO|NOMAD_(?:ALLOC|ADDR|PORT|HOST|IP)_.*|FLY_PRIVATE_IP`,
    String.raw`GAE_INSTANCE|CLOUD_RUN_(?:EXECUTION|TASK_.*)|_X_AMZN_TRACE_ID|.*_LOG_STREAM_NAME`,
    String.raw`.*_(?:INSTANCE|ALLOC|MACHINE|TASK|REPLICA|CONTAINER)_(?:ID|NAME)`,
    String.raw`.*_SERVICE_(?:HOST|PORT)(?:_.*)?|.*_PORT_\d+_(?:TCP|UDP)(?:_.*)?`,
  ].join('|')})$`,
);
/** Address of another service, as Docker and Kubernetes link them: `REDIS_PORT=tcp://10.0.0.7:6379`. */
const LINK = /^(?:tcp|udp|sctp):\/\//;
/** In a name; or in a value, such as `Server=db;Password=…`. */
const SECRET =
  /pass|pwd|secret|token|key|credential|auth|cookie|cert|dsn|salt|private|signing|jwt|bearer|psk|seed|mnemonic|webhook|(?:^|_)(?:pin|otp)(?:_|$)/i;
const HAS_USER = /:\/\/[^/\s]*@/;

export function isConfiguration(name: string, value: string): boolean {
  return !UNSTABLE.test(name) && !(name.endsWith('_PORT') && LINK.test(value));
}

export function maybeSecret(name: string, value: string): boolean {
  return SECRET.test(name) || SECRET.test(value) || HAS_USER.test(value);
}
