/** Where a stack is, and where its secrets may have replicas. */
export interface Place {
  readonly account: string;
  readonly partition: 'aws' | 'aws-cn' | 'aws-us-gov';
  readonly region: string;
  readonly neighbour: string;
}

/** Its ARNs are the longest. */
const GOVCLOUD: Place = {
  account: '123456789012',
  partition: 'aws-us-gov',
  region: 'us-gov-west-1',
  neighbour: 'us-gov-east-1',
};

/** Places in every partition. */
export const PLACES: readonly Place[] = [
  { account: '111122223333', partition: 'aws', region: 'us-east-1', neighbour: 'us-west-2' },
  { account: '444455556666', partition: 'aws', region: 'eu-central-1', neighbour: 'eu-west-1' },
  { account: '777788889999', partition: 'aws-cn', region: 'cn-north-1', neighbour: 'cn-northwest-1' },
  GOVCLOUD,
];

/** As many letters as IAM allows in the name of a user. */
const LONGEST = 64;

/** The name of a user, with so many letters. */
const nameOf = (index: number, length: number): string =>
  `svc-${String(index).padStart(3, '0')}-`.padEnd(length, 'x');

/** A path of so many characters. */
const pathOf = (length: number): string => `/${'p'.repeat(length - 2)}/`;

/** Everything that can be said of a user: an owner, an alarm, a validator, a KMS key, a replica and two readers of its own. */
export const everythingOf =
  ({ account, partition, region, neighbour }: Place) =>
  (userName: string, index: number) => ({
    userName,
    owners: [`owner-of-${userName.slice(0, 7)}@example.com`],
    healthAlarms: [userName],
    validator: `arn:${partition}:lambda:${region}:${account}:function:${userName}`,
    fieldNames: 'environment',
    sesSmtp: { regions: [region, neighbour], userField: 'user', passwordField: 'pass-{Region}' },
    kmsKeyArn: `arn:${partition}:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, '0')}`,
    replicaRegions: [neighbour],
    denyOthers: { breakGlass: [`arn:${partition}:iam::${account}:role/break-glass`] },
    pauseAtFirst: 'consumers have to move first',
    readers: ['one', 'two'].map((reader) => `arn:${partition}:iam::${account}:role/${reader}/${userName}`),
  });

/** Users with names and paths of so many characters, and these settings. */
export const usersWith = (
  count: number,
  settings: (userName: string, index: number) => object,
  length = LONGEST,
) =>
  Array.from({ length: count }, (_, index) => ({
    userName: nameOf(index, length),
    path: pathOf(length),
    ...settings(nameOf(index, length), index),
  }));

/** Users of whom everything is said that can be said. */
export const usersWithEverything = (count: number, place = GOVCLOUD, length = LONGEST) =>
  usersWith(count, everythingOf(place), length);

/** What is said of how a stack is deployed. */
const deployedWithEverything = ({ account, partition, region }: Place) => ({
  encryptionKeyArn: `arn:${partition}:kms:${region}:${account}:key/mrk-${'0'.repeat(32)}`,
  eventBusName: 'b'.repeat(64),
  tags: { 'cost-center': '1234', owner: 'platform' },
});

/**
 * A stack with everything switched on that can be said beside its users. A setting that makes resources or
 * permissions is switched on here, or above: then its limits are proved, and the judges look at it.
 */
export const stackWithEverything = (users: readonly object[], place = GOVCLOUD) => ({
  notifications: { emails: ['ops@example.com'], chat: true },
  securityHub: true,
  deployment: deployedWithEverything(place),
  users,
});

/** The same with all that a company can ask of functions, roles and names, beside which fewer users fit. */
export const stackAsACompanyAsks = (users: readonly object[], place = GOVCLOUD) => {
  const { account, partition, region } = place;
  const stack = stackWithEverything(users, place);
  return {
    ...stack,
    deployment: {
      ...stack.deployment,
      namePrefix: 'acme-security-',
      tags: { 'cost-center': '1234', 'data-classification': 'confidential', owner: 'platform-security' },
      permissionsBoundaryArn: `arn:${partition}:iam::${account}:policy/boundaries/automation`,
      rolePath: '/automation/rotation/',
      policies: 'managed',
      vpc: {
        subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
        securityGroupIds: ['sg-0123456789abcdef0'],
      },
      architecture: 'x86_64',
      reservedConcurrency: 5,
      terminationProtection: true,
      scheduleGroupName: 'access-key-rotations',
      alarmActions: ['pager', 'board'].map((topic) => `arn:${partition}:sns:${region}:${account}:${topic}`),
    },
  };
};

/** Such a stack in each place, with a user of each kind. */
export const everythingIn = (places: readonly Place[]) => ({
  stacks: places.map((place) => ({
    stackName: `Everything-${place.region}`,
    account: place.account,
    region: place.region,
    ...stackAsACompanyAsks(
      [...usersWithEverything(1, place), { userName: 'short', existingSecret: 'short/access-key' }],
      place,
    ),
  })),
});
