import { someOf } from '../../shared/text/bounded';
import * as commands from '../../shared/text/commands';
import type { Advice } from '../../shared/text/said';
import { describeStranger } from '../../shared/words/stranger';
import type { InventoryWhy, Missing } from '../inventory';
import { consumersFail, startAgain, startAnother, type Words } from './advice';

export const INVENTORY: Words<InventoryWhy> = {
  'strangers-key': ({ stranger }, { input, enrolled }) => {
    const { userName, secretId } = enrolled;
    return {
      what: [
        describeStranger(stranger, userName),
        `A rotation would overwrite it in the secret ${secretId}. Its readers would lose it.`,
      ],
      next: [
        `If the secret is somebody else's, give ${userName} another one: set existingSecret in the configuration, and deploy.`,
        `If the key does not belong there, put the key of ${userName} into the secret. Or store a value without a key, which drops all its other fields:`,
        commands.emptySecret(secretId),
        ...startAgain(input),
      ],
    };
  },
  'damaged-secret': ({ damage }, { enrolled }) => {
    const { userName, secretId } = enrolled;
    const { kind, accessKeyId, goodVersionId, currentVersionId } = damage;
    const next: Advice = [
      'Put back the version that has the key as it was stored:',
      commands.moveCurrent(secretId, { from: currentVersionId, to: goodVersionId }),
      ...startAnother(userName, 'If programs still fail'),
      'Then find out who has edited the secret, and keep what else was changed in it.',
    ];
    return kind === 'emptied'
      ? {
          what: [
            `AWSCURRENT of the secret ${secretId} holds no key any more.`,
            `It held ${accessKeyId}, which ${userName} still has. No rotation is due that would put a key there.`,
          ],
          urgency: consumersFail('Programs that read the secret now get no key.'),
          next,
        }
      : {
          what: [
            `AWSCURRENT of the secret ${secretId} holds the key ${accessKeyId} of ${userName} with a wrong secret access key.`,
            'It is another one than was stored for this key. No rotation is due that would replace it.',
          ],
          urgency: consumersFail('AWS refuses what programs sign with the key that they read now.'),
          next,
        };
  },
  'broken-replicas': ({ missing, failed }, { input, enrolled }) => ({
    what: [
      ...(missing.length > 0
        ? [
            `The secret ${enrolled.secretId} of ${enrolled.userName} has no replica in ${missing.join(', ')}, where the configuration wants one.`,
            'It was promoted or removed.',
          ]
        : []),
      ...(failed.length > 0
        ? [
            `The secret ${enrolled.secretId} of ${enrolled.userName} has a replica that failed, in ${failed.join(', ')}.`,
          ]
        : []),
      'After a rotation, programs there would read the old key until it fails.',
    ],
    next: [
      'See what AWS says of the replicas:',
      commands.describeSecret(enrolled.secretId),
      'Bring the replica up again, as the runbook says, or take its Region out of replicaRegions and deploy. A replica that was promoted is a secret of its own: move its programs first, and delete it.',
      ...startAgain(input),
    ],
    section: 'Repair a replica',
  }),
  'missing-alarms': ({ alarms: missing }, { input, enrolled }) => ({
    what: [
      `These healthAlarms of ${enrolled.userName} cannot be asked: ${someOf(missing.map(describeMissing))}.`,
      'No old key is set Inactive before each of them is OK, so a rotation would only wait.',
    ],
    next: [
      'Create the alarm, or correct healthAlarms in the configuration and deploy.',
      ...(missing.some(({ problem }) => problem !== undefined)
        ? [
            'If an alarm cannot be read, see which policy keeps the role of plan-rotation from cloudwatch:DescribeAlarms.',
          ]
        : []),
      ...startAgain(input),
    ],
  }),
  'missing-validator': ({ validator: { name, problem } }, { input, enrolled }) => ({
    what: [
      problem === undefined
        ? `The validator of ${enrolled.userName} does not exist in this account and Region: ${name}.`
        : `AWS does not let plan-rotation see whether the validator of ${enrolled.userName} exists (${problem}): ${name}.`,
      'No old key is set Inactive before the validator has agreed, so a rotation would only wait.',
    ],
    next: [
      problem === undefined
        ? 'Create the function, or correct validator in the configuration and deploy.'
        : 'See which policy keeps the role of plan-rotation from lambda:GetFunctionConcurrency on it. Or correct validator in the configuration, and deploy.',
      ...startAgain(input),
    ],
  }),
};

const describeMissing = ({ name, problem }: Missing): string =>
  problem === undefined
    ? `${name} (there is no such metric alarm in this account and Region)`
    : `${name} (it cannot be read: ${problem})`;
