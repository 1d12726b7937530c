import { HistoryGateway } from '../lambdas/shared/gateways/history-gateway';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { sleep } from '../lambdas/shared/gateways/runtime';
import { isDenial } from '../lambdas/shared/gateways/service-errors';
import type { AccessKey } from '../lambdas/shared/rotation/access-key';
import { type Deployment, findDeployment } from './deployment';
import { follow, mayPass, reportEnd } from './follow';
import { inactiveSince } from './follow-lines';
import type { SeenEvent } from './gateways/state-machines';
import { type CommonOptions, confirm, type Surroundings, writeJsonLine } from './shell';
import { checkedInput, lookingAt, startExecution, WATCHING } from './start';
import { EXIT, type Exit, Trouble } from './trouble';

/** What goes with a command that asks first. */
export interface AskingOptions extends CommonOptions {
  readonly yes?: boolean | undefined;
  readonly reason?: string | undefined;
}

/** What goes with the declaration of an emergency. */
export interface EmergencyOptions extends AskingOptions {
  readonly outageAccepted?: boolean | undefined;
  readonly leakedSince?: string | undefined;
}

/** The user's keys. Undefined: whoever asks may not list them, or IAM does not answer. Nothing waits for that. */
const keysOf = async (
  { clientConfig }: Deployment,
  userName: string,
): Promise<readonly AccessKey[] | undefined> => {
  try {
    return (await new IamGateway(clientConfig).accessKeys(userName)) ?? [];
  } catch (error) {
    if (mayPass(error) || (error instanceof Error && isDenial(error.cause))) return undefined;
    throw error;
  }
};

const sayKeys = (keys: readonly AccessKey[] | undefined): string => {
  if (keys === undefined)
    return 'How the keys are now is not known: you may not list them, or IAM does not answer.';
  if (keys.length === 0) return 'The user has no access key.';
  return `Keys: ${keys.map(({ accessKeyId, status }) => `${accessKeyId} is ${status}`).join(', ')}.`;
};

/** A user with fewer than two keys has no old key beside the one that is read. */
const whatRollingBackDoes = (keys: readonly AccessKey[] | undefined): string =>
  keys !== undefined && keys.length < 2
    ? 'THERE IS PROBABLY NOTHING TO ROLL BACK: the user has no second key. If so, nothing changes, and people are told that it was not possible.'
    : 'The old key becomes Active again, and the rotation is on hold until somebody resumes it. The secret keeps the new key as long as that is Active; else it gets the old one.';

/** Brings the old key of the unfinished rotation back. */
export const rollback = async (
  surroundings: Surroundings,
  userName: string,
  options: AskingOptions,
): Promise<Exit> => {
  const { reason, yes, json } = options;
  const input = { userName, action: 'rollback', ...(reason !== undefined && { reason }) };
  checkedInput(input);
  const deployment = await findDeployment(surroundings, options);
  const before = await keysOf(deployment, userName);
  await confirm(surroundings, {
    yes,
    what: [
      `${userName}, account ${deployment.account}, ${deployment.region}: the unfinished rotation is rolled back.`,
      whatRollingBackDoes(before),
      sayKeys(before),
    ],
  });
  const executionArn = await startExecution(deployment, deployment.stateMachineArn, input);
  surroundings.err(`Started: ${executionArn}\n${WATCHING}`);
  const { ended, keys } = await lookingAt(userName, async () => ({
    ...(await follow(deployment, surroundings, executionArn, { json })),
    keys: await keysOf(deployment, userName),
  }));
  if (ended === undefined) return EXIT.look;
  reportEnd(surroundings, ended, { json, executionArn });
  if (json !== true) surroundings.out(`${sayKeys(keys)}\n`);
  return ended.status === 'SUCCEEDED' ? EXIT.fine : EXIT.look;
};

const OUTAGE = [
  'The leaked key is set Inactive in about a second. PROGRAMS FAIL until its successor is published, and until they have read it.',
];
const NO_OUTAGE = [
  'Consumers get another key in the secret, then the leaked key is set Inactive: in half a minute as a rule, without asking whether it is in use.',
  'Programs that keep the leaked key fail from then until they read the secret again.',
];

/** Waits until the declaration has started the rotation. @throws Trouble when it has failed. */
const rotationOf = async (
  { clientConfig, stateMachineArn }: Deployment,
  { err }: Pick<Surroundings, 'err'>,
  declarationArn: string,
): Promise<string> => {
  const history = new HistoryGateway(clientConfig);
  const name = declarationArn.split(':').at(-1) ?? '';
  const rotationArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  for (;;) {
    try {
      if ((await history.describe(rotationArn)) !== undefined) return rotationArn;
      const declaration = await history.describe(declarationArn);
      if (declaration !== undefined && declaration.status !== 'RUNNING') {
        throw new Trouble(
          EXIT.look,
          `The declaration has ended as ${declaration.status}, and started no rotation: THE LEAKED KEY MAY STILL BE ACTIVE. ${declaration.cause ?? ''}`,
        );
      }
    } catch (error) {
      if (!mayPass(error)) throw error;
      err('AWS does not answer. Asking again; what was declared goes on without this command.\n');
    }
    await sleep(1000);
  }
};

const sayLeaked = (accessKeyId: string, isActive: boolean | undefined, isContained: boolean): string => {
  if (isContained) return `${accessKeyId} is not Active any more.`;
  return isActive === undefined
    ? `${accessKeyId} MAY STILL BE ACTIVE: do what is said above, now.`
    : `${accessKeyId} IS STILL ACTIVE: do what is said above, now.`;
};

/** Declares that a key has leaked, and watches until it is Inactive. */
export const emergency = async (
  surroundings: Surroundings,
  { userName, accessKeyId }: { readonly userName: string; readonly accessKeyId: string },
  options: EmergencyOptions,
): Promise<Exit> => {
  const { out, err } = surroundings;
  const { reason, yes, json, outageAccepted, leakedSince } = options;
  const input = {
    userName,
    accessKeyId,
    reason,
    ...(outageAccepted === true && { outage: 'accepted' }),
    ...(leakedSince !== undefined && { leakedSince }),
  };
  checkedInput({ ...input, action: 'emergency' });
  const deployment = await findDeployment(surroundings, options);
  const before = await keysOf(deployment, userName);
  if (before !== undefined && !before.some((key) => key.accessKeyId === accessKeyId)) {
    throw new Trouble(
      EXIT.misuse,
      `${userName} has no key ${accessKeyId}. ${sayKeys(before)} Nothing was started. If the list of IAM is late, wait a few seconds.`,
    );
  }
  await confirm(surroundings, {
    yes,
    what: [
      `${userName}, account ${deployment.account}, ${deployment.region}: ${accessKeyId} is declared as leaked.`,
      ...(outageAccepted === true ? OUTAGE : NO_OUTAGE),
      'Nothing brings it back. It is deleted after the recovery period. Sessions obtained with it do not end by this.',
      sayKeys(before),
    ],
  });
  const declarationArn = await startExecution(deployment, deployment.emergencyMachineArn, input);
  err(`Declared: ${declarationArn}\n${WATCHING}`);
  const { executionArn, ended, after } = await lookingAt(userName, async () => {
    const rotation = await rotationOf(deployment, surroundings, declarationArn);
    const isEnough = (events: readonly SeenEvent[]): boolean => inactiveSince(events) !== undefined;
    const followed = await follow(deployment, surroundings, rotation, { json, isEnough });
    return { ...followed, executionArn: rotation, after: await keysOf(deployment, userName) };
  });
  const isActive = after?.some((key) => key.accessKeyId === accessKeyId && key.status === 'Active');
  if (ended !== undefined) reportEnd(surroundings, ended, { json, executionArn });
  // Where the keys may not be listed, what the rotation has handed on is what is known.
  const isContained =
    isActive === undefined ? ended === undefined || ended.status === 'SUCCEEDED' : !isActive;
  if (json === true) writeJsonLine(surroundings, { executionArn, accessKeyId, isActive, keys: after });
  else {
    out(`${sayLeaked(accessKeyId, isActive, isContained)} ${sayKeys(after)}\n`);
    if (isContained) {
      out(
        'Now end the sessions obtained with it, and see what it did: access-key-rotation explain "A key has leaked"\n',
      );
    }
  }
  return isContained ? EXIT.fine : EXIT.look;
};
