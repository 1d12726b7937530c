/*
 * What the commands do. It loads the AWS SDK, which takes a while: help and completion do without.
 */
export { adopt } from './adopt';
export { doctor } from './doctor';
export { explain } from './explain';
export { history } from './history';
export { pause, unpause } from './pause';
export { emergency, rollback } from './retire';
export { start, watch } from './start';
export { status } from './status';
