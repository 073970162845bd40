/** All packages'; set by `npm run release:version`, tested against every manifest. */
export const VERSION = '0.1.0';
