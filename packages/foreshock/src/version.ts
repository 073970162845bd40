/** Version of the bundled `@opentelemetry/sdk-trace`; a test holds it against package.json. */
export const SDK_VERSION = '3.1.1';
