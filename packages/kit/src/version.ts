/** The version of all packages: they are released together. `npm run release:version` sets it, a test holds it against every manifest. */
export const VERSION = '0.1.0';
