import type { AccessKey } from '../rotation/access-key';
import { mask } from '../text/mask';

/** The user's keys in a sentence: every message that a person gets says what state they are in. */
export const describeKeys = (keys: readonly AccessKey[]): string =>
  keys.length === 0
    ? 'The user has no access key.'
    : `Keys now: ${keys.map((key) => `${mask(key.accessKeyId)} ${key.status}`).join(', ')}.`;
