const ACCOUNT = '123456789012';

/** The name of a user, with as many letters as IAM allows. */
const nameOf = (index: number): string => `svc-${String(index).padStart(3, '0')}-`.padEnd(64, 'x');

/** A path of 64 characters. */
const PATH = `/${'p'.repeat(62)}/`;

/** Everything that can be said of a user: an owner, an alarm, a validator, a KMS key, a replica and two readers of its own. */
const everything = (userName: string, index: number) => ({
  userName,
  path: PATH,
  owners: [`owner-of-${userName.slice(0, 7)}@example.com`],
  healthAlarms: [userName],
  validator: `arn:aws-us-gov:lambda:us-gov-west-1:${ACCOUNT}:function:${userName}`,
  fieldNames: 'environment',
  sesSmtp: { regions: ['us-gov-west-1', 'us-gov-east-1'], userField: 'user', passwordField: 'pass-{Region}' },
  kmsKeyArn: `arn:aws-us-gov:kms:us-gov-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, '0')}`,
  replicaRegions: ['us-gov-east-1'],
  denyOthers: { breakGlass: [`arn:aws-us-gov:iam::${ACCOUNT}:role/break-glass`] },
  pauseAtFirst: 'consumers have to move first',
  readers: ['one', 'two'].map((reader) => `arn:aws-us-gov:iam::${ACCOUNT}:role/${reader}/${userName}`),
});

/** Users with names and paths of 64 characters, and these settings. */
export const usersWith = (count: number, settings: (userName: string, index: number) => object) =>
  Array.from({ length: count }, (_, index) => ({
    userName: nameOf(index),
    path: PATH,
    ...settings(nameOf(index), index),
  }));

/** Users of whom everything is said that can be said. */
export const usersWithEverything = (count: number) => usersWith(count, everything);
