export type { Notifications, Place, RotatedUser, RotationConfig, StackConfig } from './config';
export { CONFIG_CONTEXT_KEY, ConfigError } from './config-error';
export { completeDeployment, type DeploymentSettings } from './deployment-settings';
export { FLEXIBLE_WINDOW_SECONDS, judgeConstructs, longestClosedSeconds, type Neighbour } from './judge';
export { parseConfig, parseStacks } from './parse';
export { requirePlace } from './place';
export { BUILT_IN_DEFAULTS, MAX_USERS_PER_STACK } from './schema';
export { CONFIG_FILE, findConfig } from './source';
