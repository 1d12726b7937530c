const ACCOUNT = '123456789012';

/** As many letters as IAM allows in the name of a user. */
const LONGEST = 64;

/** The name of a user, with so many letters. */
const nameOf = (index: number, length: number): string =>
  `svc-${String(index).padStart(3, '0')}-`.padEnd(length, 'x');

/** A path of so many characters. */
const pathOf = (length: number): string => `/${'p'.repeat(length - 2)}/`;

/** Everything that can be said of a user: an owner, an alarm, a validator, a KMS key, a replica and two readers of its own. */
const everything = (userName: string, index: number) => ({
  userName,
  owners: [`owner-of-${userName.slice(0, 7)}@example.com`],
  healthAlarms: [userName],
  validator: `arn:aws-us-gov:lambda:us-gov-west-1:${ACCOUNT}:function:${userName}`,
  fieldNames: 'environment',
  sesSmtp: { regions: ['us-gov-west-1', 'us-gov-east-1'], userField: 'user', passwordField: 'pass-{Region}' },
  kmsKeyArn: `arn:aws-us-gov:kms:us-gov-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, '0')}`,
  replicaRegions: ['us-gov-east-1'],
  readers: ['one', 'two'].map((reader) => `arn:aws-us-gov:iam::${ACCOUNT}:role/${reader}/${userName}`),
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
export const usersWithEverything = (count: number, length = LONGEST) => usersWith(count, everything, length);

/** Everything that a company can ask of functions, roles and names. */
export const FUNCTIONS_ROLES_AND_NAMES = {
  namePrefix: 'acme-security-',
  tags: { 'cost-center': '1234', 'data-classification': 'confidential', owner: 'platform-security' },
  permissionsBoundaryArn: `arn:aws-us-gov:iam::${ACCOUNT}:policy/boundaries/automation`,
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
  alarmActions: ['pager', 'board'].map((topic) => `arn:aws-us-gov:sns:us-gov-west-1:${ACCOUNT}:${topic}`),
};
