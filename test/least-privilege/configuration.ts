import { SECRET, SETTINGS, VALIDATOR } from '../../simulation/schedule/setting';
import { everythingOf, PLACES, stackAsACompanyAsks } from '../support/everything';

/*
 * What has permissions, all switched on: what it grants has to be needed, and what it needs has to be granted. An option is switched on
 * in test/support/everything.ts; here is only what the worlds ask for in which it is played.
 */

/** The account and the Region of the embedded AWS. */
const [PLACE] = PLACES;
if (PLACE === undefined) throw new Error('There is no place.');

/** The first two grant nothing: they say how a document is written, and the stories and situations that are about that say so. */
const {
  fieldNames: _names,
  sesSmtp: _smtp,
  readers,
  denyOthers,
  pauseAtFirst,
  ...GRANTING
} = everythingOf(PLACE)(SETTINGS.userName, 1);

/** What only a secret can have that the stack creates. The consumers of the runner's stories are among its readers. */
const OF_CREATED = {
  readers: [...readers, `arn:${PLACE.partition}:iam::${PLACE.account}:role/consumer`],
  denyOthers,
  pauseAtFirst,
};

/** alice, as the fault simulation knows her, and everything else that can be said of her. */
const ALICE = {
  ...GRANTING,
  path: '/services/',
  ...SETTINGS,
  // That of the fault simulation, and that of the runner's story about an outage.
  healthAlarms: [...SETTINGS.healthAlarms, 'consumers-of-alice-fail'],
  validator: VALIDATOR,
  ownershipMark: 'on',
  replicaRegions: [
    {
      region: PLACE.neighbour,
      kmsKeyArn: GRANTING.kmsKeyArn.replace(PLACE.region, PLACE.neighbour),
    },
    'eu-central-1',
  ],
};

/** A prefix changes names alone, and the worlds know the secret by the name that it has without one. */
const inCompany = (user: object) => {
  const { deployment, ...stack } = stackAsACompanyAsks([user], PLACE);
  const { namePrefix: _prefix, ...others } = deployment;
  return { ...stack, deployment: others };
};

const stackOf = <User extends object>(is: string, user: User) => ({
  is,
  user,
  configuration: inCompany(user),
});

/** A configuration of one stack, and the user in it as cdk.json has it. */
export type EverythingOn = ReturnType<typeof stackOf<typeof ALICE>>;

/** A stack creates a secret, and says who may read it, or its owner has made it. Policies name the two in different ways. */
export const CONFIGURATIONS: readonly EverythingOn[] = [
  stackOf('the stack creates the secret', {
    ...ALICE,
    ...OF_CREATED,
  }),
  stackOf('its owner has made the secret', {
    ...ALICE,
    existingSecret: SECRET,
    document: 'credential-process',
  }),
];
