import { smtpPasswordsOf } from '../../../lambdas/shared/secret/ses-smtp';
import type { RotationWorld } from '../../../local/world/base-world';

/**
 * Every secret access key that the embedded AWS ever gave to a user, or that it keeps in a secret, and SES's
 * passwords.
 */
const secretsOf = ({ aws, users }: Pick<RotationWorld, 'aws' | 'users'>): readonly string[] => {
  const inKeys = users.flatMap(({ userName }) =>
    aws.iam.keysOf(userName).map(({ secretAccessKey }) => secretAccessKey),
  );
  const inSecrets = users.flatMap(({ secretId }) =>
    (aws.secretsManager.secret(secretId)?.versions ?? []).flatMap(
      ({ secretString }) => (JSON.parse(secretString) as { SecretAccessKey?: string }).SecretAccessKey ?? [],
    ),
  );
  const keys = [...new Set([...inKeys, ...inSecrets])];
  return [...keys, ...keys.flatMap(smtpPasswordsOf)];
};

/** The secrets, and those of these places in which their bytes appear. */
export const findSecrets = (
  world: Pick<RotationWorld, 'aws' | 'users' | 'logs'>,
  places: Readonly<Record<string, unknown>>,
): { readonly known: number; readonly leaks: readonly string[] } => {
  const secrets = secretsOf(world);
  const all = {
    ...places,
    logs: world.logs,
    calls: world.aws.calls,
    messages: world.aws.sns.messages,
    announcements: world.aws.eventBridge.events,
  };
  const leaks = Object.entries(all).filter(([, content]) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return secrets.some(
      (secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)),
    );
  });
  return { known: secrets.length, leaks: leaks.map(([place]) => place) };
};
