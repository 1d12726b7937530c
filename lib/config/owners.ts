import type { RotatedUser } from './config';
import { sameAddress } from './notification-settings';

/**
 * SNS Developer Guide, "Filter policy constraints in Amazon SNS": up to 200 filter policies per topic. The address of an owner needs
 * one. The values of a filter policy may have 150 combinations: an address may own all users of a stack.
 */
export const MAX_OWNER_ADDRESSES = 200;

/** An address, and the users of whom it is told. */
export interface Owner {
  readonly address: string;
  readonly userNames: readonly string[];
}

/**
 * The owners of users, each address once.
 *
 * @param emails - Those who get everything. They need not be told a second time.
 */
export const ownersOf = (
  users: readonly Pick<RotatedUser, 'userName' | 'owners'>[],
  emails: readonly string[],
): readonly Owner[] => {
  const general = new Set(emails.map(sameAddress));
  const owners = new Map<string, { readonly address: string; readonly userNames: string[] }>();
  for (const { userName, owners: addresses } of users) {
    for (const address of addresses) {
      const key = sameAddress(address);
      if (general.has(key)) continue;
      const owner = owners.get(key) ?? { address, userNames: [] };
      owner.userNames.push(userName);
      owners.set(key, owner);
    }
  }
  return [...owners.values()];
};
