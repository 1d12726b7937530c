import type { RotationWorld } from '../../../local/world/base-world';

const EVERY = 2 * 60 * 60 * 1000;

/** Has a program use the key that the secret holds, every two hours, until the world is closed. */
export const useCurrentKey = (world: RotationWorld, secretId: string): void => {
  world.clock
    .setInterval(() => {
      const { AccessKeyId } = JSON.parse(world.aws.secretsManager.valueOf(secretId) ?? '{}') as {
        readonly AccessKeyId?: string;
      };
      if (AccessKeyId !== undefined) world.aws.iam.useAccessKey(AccessKeyId);
    }, EVERY)
    .unref();
};
