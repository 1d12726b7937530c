export type { RotatedUser, RotationConfig } from './config';
export { CONFIG_CONTEXT_KEY, ConfigError } from './config-error';
export { FLEXIBLE_WINDOW_SECONDS, longestClosedSeconds } from './judge';
export { parseConfig } from './parse';
export { requireRegion } from './place';
export { BUILT_IN_DEFAULTS, MAX_USERS_PER_STACK } from './schema';
