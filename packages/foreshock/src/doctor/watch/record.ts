/** What `foreshock doctor` sees of one thread of the application; a JSON file each. */
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
  /** `OTEL_*`, `FORESHOCK_*` and those of proxies and certificates. */
  env: Record<string, string>;
  /** Whether the doctor loaded the preload, not the command. */
  isOurs: boolean;
  /** Why it could not be read. */
  preloadError?: string;
  /** The preload has run. */
  isRegistered: boolean;
  /** It has read its settings and attaches. */
  isStarted: boolean;
  /** Constructor of the global tracer provider; undefined: none is set. */
  provider?: string;
  /** Of the copy of OpenTelemetry's API that has registered. */
  apiVersion?: string;
  libraries: Record<string, WatchedLibrary>;
  /** Folders of packages that have loaded. */
  packages: string[];
  /** Of them: before the preload. */
  before: string[];
  /** Ended spans by the scope that made them. */
  scopes: Record<string, number>;
  /** Ended spans that requests or messages began. */
  incoming: number;
  /** Refused by the sampler or a caller. */
  unrecorded: number;
  /** Taken by each destination. */
  delivered: number[];
  /** By reason. */
  dropped: Record<string, number>;
  /** The preload's own log lines. */
  lines: string[];
  /** HTTP or other servers that listen. */
  servers: number;
  /** It has ended by itself, or what was left has been sent. */
  isOver: boolean;
}

export interface WatchedLibrary {
  upstream: string[];
  /** Loaded versions: by `package version`, whether they are in range. */
  loaded: Record<string, boolean>;
  spans: number;
}
