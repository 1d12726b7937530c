import type { EnrolledUser } from '../../shared/contract/enrolment';
import type { AlarmReading } from '../../shared/gateways/alarm-gateway';
import type { FunctionReading } from '../../shared/gateways/function-gateway';
import type { RotationInput } from '../../shared/rotation/rotation-state';
import * as commands from '../../shared/text/commands';
import type { Advice, Said } from '../../shared/text/said';
import { startedWith, userNameIn } from '../../shared/words/explanation';
import type { Place } from '../inventory';
import { consumersFail, startAgain, UNCHANGED } from './advice';

/* What the step finds before there is anything to decide. */

export const notEnrolled = (input: RotationInput): Said => ({
  what: [`${input.userName} is not enrolled.`, 'Nothing was changed, and no key of the user was read.'],
  next: [
    'Add the user to users in the configuration, and deploy. Upper and lower case matter.',
    ...startAgain(input),
  ],
});

export const noSuchUser = (userName: string): Said => ({
  what: [`${userName} is enrolled, but IAM has no such user.`, UNCHANGED],
  next: ['Take the user out of users in the configuration, or correct the name, and deploy.'],
});

const describePlace = ({ region, accountId }: Place): string => `${region} of the account ${accountId}`;

export const secretElsewhere = (
  { userName, secretId }: EnrolledUser,
  { there, here }: { readonly there: Place; readonly here: Place },
): Said => ({
  what: [
    `existingSecret of ${userName} is in ${describePlace(there)}: ${secretId}.`,
    `This rotation is in ${describePlace(here)}, and reaches no secret elsewhere.`,
    UNCHANGED,
  ],
  next: [
    'Name a secret of this account and Region in existingSecret, and deploy. Or enrol the user in a stack that is where the secret is.',
  ],
});

export const onlyReplicaHere = ({ userName, secretId }: EnrolledUser, primaryRegion: string): Said => ({
  what: [
    `The secret ${secretId} of ${userName} is a replica here, and nobody can write to a replica.`,
    `The secret itself is in ${primaryRegion}.`,
    UNCHANGED,
  ],
  next: [
    `Take the user out of the configuration here, and enrol it in a stack in ${primaryRegion}. Have the secret replicated to this Region.`,
  ],
});

export const noSuchSecret = ({ secretId }: EnrolledUser, input: RotationInput): Said => {
  const byHand = commands.createSecret(secretId);
  return {
    what: [`The secret ${secretId} of ${input.userName} does not exist.`, UNCHANGED],
    urgency: consumersFail('Programs cannot read a secret that does not exist.'),
    next: [
      ...(byHand === undefined ? [] : ['If it was deleted, create it again, empty:', byHand]),
      'If there is another one for the user, correct existingSecret in the configuration, and deploy.',
      ...startAgain(input),
    ],
    section: 'Recreate a deleted secret',
  };
};

/** An alarm, or a validator, of which AWS does not say at present whether it is there. */
type Untold = Extract<AlarmReading | FunctionReading, { readonly state: 'unreadable' }>;

export const untold = (reading: Untold, userName: string): Said => ({
  what: [
    'functionArn' in reading
      ? `Lambda does not say whether there is ${reading.functionArn}, the validator of ${userName}: ${reading.problem}.`
      : `CloudWatch does not say what the alarm ${reading.name} of ${userName} is at: ${reading.problem}.`,
    UNCHANGED,
  ],
  next: [
    'This is retried for a while. If it ended the execution, start a new one:',
    commands.startRotation(userName),
  ],
});

/** What an input asks for, where it says so. */
const actionIn = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && 'action' in input ? input.action : undefined;

/** What the input may have meant. Nothing is suggested to a person who meant something else. */
const startAsMeant = (input: unknown): Advice => {
  const userName = userNameIn(input);
  const action = actionIn(input);
  if (userName === undefined) return ['Start a new execution with the userName of an enrolled user.'];
  switch (action) {
    case undefined:
    case 'rotate':
      return [
        'Correct the input, and start again. This starts a rotation:',
        commands.startRotation(userName),
      ];
    case 'resume':
    case 'rollback':
      return ['Start it again without what does not fit:', commands.startRotation(userName, action)];
    default:
      return ['Correct the input, and start again.'];
  }
};

export const badInput = (problems: string, input: unknown): Said => {
  const asked = startedWith(input).trim();
  return {
    what: [
      'The input of the execution is not what a rotation takes.',
      `What does not fit: ${problems}.`,
      ...(asked === '' ? [] : [asked]),
      UNCHANGED,
    ],
    next: [...startAsMeant(input), 'The actions, and the fields of each, are in docs/operations.md.'],
  };
};
