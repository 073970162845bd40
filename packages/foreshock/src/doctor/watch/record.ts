/** What `foreshock doctor` sees of one thread; a JSON file each. */
export interface ThreadRecord {
  pid: number;
  /** 0: the main thread. */
  thread: number;
  node: string;
  execPath: string;
  /** `process.argv[1]`. */
  main: string | undefined;
  cwd: string;
  execArgv: string[];
  /** Without what the doctor added. */
  nodeOptions: string;
  /** `OTEL_*`, `FORESHOCK_*`, proxies and certificates. */
  env: Record<string, string>;
  /** The doctor loaded it, not the command. */
  isOurs: boolean;
  /** Why it could not be read. */
  preloadError?: string;
  /** The preload has run. */
  isRegistered: boolean;
  /** It reads settings and attaches. */
  isStarted: boolean;
  /** The global provider's constructor; undefined: none. */
  provider?: string;
  /** Of the API copy that registered. */
  apiVersion?: string;
  libraries: Record<string, WatchedLibrary>;
  /** Folders loaded from. */
  packages: string[];
  /** Of them: before the preload. */
  before: string[];
  /** Ended, by their scope. */
  scopes: Record<string, number>;
  /** Ended, begun by requests or messages. */
  incoming: number;
  /** By sampler or caller. */
  unrecorded: number;
  /** By each destination. */
  delivered: number[];
  /** By reason. */
  dropped: Record<string, number>;
  /** The preload's own log lines. */
  lines: string[];
  /** Listening, HTTP or others. */
  servers: number;
  /** It has ended, or what was left is sent. */
  isOver: boolean;
}

export interface WatchedLibrary {
  upstream: string[];
  /** False: hooked by a diagnostics channel, whichever files have loaded. */
  waitsForFiles: boolean;
  /** By `package version`: whether in range. */
  loaded: Record<string, boolean>;
  spans: number;
}
