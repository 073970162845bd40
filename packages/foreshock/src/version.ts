/** This package's version, on every export as `telemetry.distro.version`; a test holds it against package.json. */
export const VERSION = '0.1.0';

/** Version of the bundled `@opentelemetry/sdk-trace`; a test holds it against package.json. */
export const SDK_VERSION = '3.1.1';
