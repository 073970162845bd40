/** Bundled `@opentelemetry/sdk-trace`; tested against package.json. */
export const SDK_VERSION = '3.1.1';
