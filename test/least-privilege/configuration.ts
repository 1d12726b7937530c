import { SECRET, SETTINGS, VALIDATOR } from '../../simulation/schedule/setting';

/*
 * What has permissions, all switched on. An option with permissions of its own belongs in here, and nowhere else: what it grants has to be
 * needed, and what it needs has to be granted.
 */

const key = (region: string, number: number): string =>
  `arn:aws:kms:${region}:111122223333:key/00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Two alarms: that of the fault simulation, and that of the runner's story about an outage. */
const HEALTH_ALARMS = [...SETTINGS.healthAlarms, 'consumers-of-alice-fail'];

/**
 * alice, as the fault simulation knows her, with everything that is about permissions. SMTP passwords are not: they are computed, and
 * the runner's story about a mail relay has them.
 */
const ALICE = {
  ...SETTINGS,
  // So that a policy has to name her by a pattern.
  path: '/applications/',
  owners: ['owner-of-alice@example.com'],
  healthAlarms: HEALTH_ALARMS,
  validator: VALIDATOR,
  ownershipMark: 'on',
  kmsKeyArn: key('us-east-1', 1),
  replicaRegions: [{ region: 'eu-west-1', kmsKeyArn: key('eu-west-1', 2) }, 'eu-central-1'],
};

/** A stack of one user, with everything switched on. */
const stackOf = <User extends object>(is: string, user: User) => ({
  is,
  user,
  configuration: {
    notifications: { emails: ['oncall@example.com'], chat: true },
    securityHub: true,
    users: [user],
  },
});

/** A configuration of one stack, and the user in it as cdk.json has it. */
export type EverythingOn = ReturnType<typeof stackOf<typeof ALICE>>;

/** A stack creates a secret, and lets readers read it, or its owner has made it. Policies name the two in different ways. */
export const CONFIGURATIONS: readonly EverythingOn[] = [
  stackOf('the stack creates the secret', {
    ...ALICE,
    readers: ['arn:aws:iam::111122223333:role/consumer'],
  }),
  stackOf('its owner has made the secret', {
    ...ALICE,
    existingSecret: SECRET,
    document: 'credential-process',
  }),
];
