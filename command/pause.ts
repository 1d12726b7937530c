import { PAUSE_TAG } from '../lambdas/shared/contract/names';
import { DeploymentGateway } from '../lambdas/shared/gateways/deployment-gateway';
import { SecretGateway } from '../lambdas/shared/gateways/secret-gateway';
import { type Deployment, findDeployment, secretOf } from './deployment';
import { type CommonOptions, type Surroundings, writeJson } from './shell';
import { checkedInput } from './start';
import { during, EXIT, type Exit, type Known, Trouble } from './trouble';

/** Secrets Manager API, Tag: up to 256 characters, of these. */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u;

const TAGGING: Known = {
  refused: 'The tag is as it was.',
  unanswered: 'Whether the tag has changed is not known: give the same command again.',
};

const requireSecret = async (deployment: Deployment, userName: string): Promise<string> => {
  const secretId = await secretOf(deployment, userName);
  const secret = await new SecretGateway(deployment.clientConfig).describe(secretId);
  if (secret === undefined) {
    throw new Trouble(EXIT.misuse, `There is no secret ${secretId} for ${userName}. Nothing was changed.`);
  }
  return secretId;
};

const byConfiguration = ({ enrolled }: Deployment, userName: string): string | undefined =>
  enrolled?.users.find((user) => user.userName === userName)?.paused;

/** Pauses a user at once. */
export const pause = async (
  surroundings: Surroundings,
  userName: string,
  options: CommonOptions & { readonly reason: string },
): Promise<Exit> => {
  checkedInput({ userName });
  const { reason } = options;
  if (!TAG_VALUE.test(reason)) {
    throw new Trouble(
      EXIT.misuse,
      '--reason becomes the value of a tag: 1 to 256 letters, digits, spaces and _.:/=+-@. Nothing was changed.',
    );
  }
  const deployment = await findDeployment(surroundings, options);
  const secretId = await requireSecret(deployment, userName);
  await during(TAGGING, () =>
    new DeploymentGateway(deployment.clientConfig).tag(secretId, [{ Key: PAUSE_TAG, Value: reason }]),
  );
  if (options.json === true) writeJson(surroundings, { userName, secretId, paused: reason });
  else
    surroundings.out(
      `${userName} is paused: ${reason}. A running rotation notices it at its next check; an emergency goes on.\nTo end it: access-key-rotation unpause ${userName}\n`,
    );
  return EXIT.fine;
};

/** Ends a pause by tag. */
export const unpause = async (
  surroundings: Surroundings,
  userName: string,
  options: CommonOptions,
): Promise<Exit> => {
  checkedInput({ userName });
  const deployment = await findDeployment(surroundings, options);
  const secretId = await requireSecret(deployment, userName);
  await during(TAGGING, () => new DeploymentGateway(deployment.clientConfig).untag(secretId, [PAUSE_TAG]));
  const still = byConfiguration(deployment, userName);
  if (options.json === true) writeJson(surroundings, { userName, secretId, paused: still ?? null });
  else if (still === undefined) {
    surroundings.out(
      `${userName} is not paused any more. A running rotation goes on by itself; one that had ended goes on with the next start.\nWhat the next start does: access-key-rotation plan ${userName}\n`,
    );
  } else {
    surroundings.out(
      `The tag is gone, and ${deployment.enrolled?.source} still pauses ${userName} (${still}): take "paused" out of it, and deploy.\n`,
    );
  }
  return still === undefined ? EXIT.fine : EXIT.look;
};
