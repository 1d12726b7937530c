import { type AwsServer, serve } from '../../embedded-aws/serve';
import type { RotatedUser } from '../../lib/config';
import { emptyWorld, type RotationWorld, type WorldOptions } from '../world/base-world';
import type { KeyAtStart } from '../world/scene';
import { type Deployment, deploy } from './deployment';
import { deployForwarding } from './forwarding';
import { type Permissions, type RoleRequest, resourcePolicySays, rolePermissions } from './permissions';
import type { SynthesizedApp } from './synthesized-app';
import { TemplateResolver } from './template';

/** A world to which the synthesized app is deployed. */
export interface DeployedWorld
  extends Omit<RotationWorld, 'close'>,
    Pick<Deployment, 'schedules' | 'timetable' | 'updateSecrets'> {
  readonly server: AwsServer;
  /** The outputs of the stack, by their keys. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Runs the survey. */
  readonly survey: () => Promise<void>;
  close(): Promise<void>;
}

/** The options of {@link createDeployedWorld}. */
export interface DeployedWorldOptions extends Omit<WorldOptions, 'authorize'> {
  /** What every user has at the start. Default: a key that is in the secret. */
  readonly key?: KeyAtStart;
  /** Sets the scene for a user instead, when everything is deployed. */
  readonly setScene?: (aws: RotationWorld['aws'], user: RotatedUser) => void;
  /**
   * Called with every call that is put to policies, and whether a policy of its resource denies it. Default: nobody looks.
   */
  readonly onRequest?: (request: RoleRequest, isDeniedByResource: boolean) => void;
  /**
   * What roles that are not in the template may do by their own policies. Default: the consumer's reads secrets, whatever key encrypts
   * them.
   */
  readonly others?: Permissions;
}

const CONSUMER_ACTIONS = new Set(['secretsmanager:GetSecretValue', 'kms:Decrypt']);

/** An application's role reads secrets, whatever key encrypts them, and does nothing else. */
export const consumerAlone: Permissions = ({ caller, action }) =>
  caller.endsWith(':role/consumer') && CONSUMER_ACTIONS.has(action);

/**
 * The product itself: the synthesized stack, its bundled functions in sandboxes, its roles with the
 * permissions that the template gives them, and AWS behind loopback HTTP.
 */
export const createDeployedWorld = async (
  app: SynthesizedApp,
  users: readonly RotatedUser[],
  { key, setScene, onRequest = () => {}, others = consumerAlone, ...options }: DeployedWorldOptions = {},
): Promise<DeployedWorld> => {
  let permissions: Permissions = () => true;
  const world = emptyWorld({
    ...options,
    authorize: ({ resourcePolicy, ...request }) => {
      const says = resourcePolicy === undefined ? undefined : resourcePolicySays(resourcePolicy, request);
      onRequest(request, says === 'deny');
      if (says === 'deny') return { by: 'resource-based policy', explicit: true };
      return says === 'allow' || permissions(request) || others(request);
    },
  });
  const { aws, account, lambda, logs } = world;
  const server = await serve(aws);
  const close = async (): Promise<void> => {
    await server.close();
    world.close();
  };
  try {
    const { accountId, region } = aws;
    const resolver = new TemplateResolver(app.template, { stackName: app.stackName, accountId, region });
    const decide = rolePermissions(app.template, resolver);
    permissions = (request) => {
      // Also what the runner asks itself, for services that act in a role's name.
      onRequest(request, false);
      return decide(request);
    };
    const endpoint = server.url;
    const onLog = logs.push.bind(logs);
    const deployment = await world.run(async () => {
      for (const user of users.filter(({ secretExists }) => secretExists)) await account.addSecret(user);
      for (const stack of app.forwarding) deployForwarding({ aws, lambda, stack, onRequest });
      const deployed = await deploy({ app, resolver, permissions, aws, account, lambda, endpoint, onLog });
      for (const user of users) {
        if (setScene === undefined) await account.setScene(user, key);
        else setScene(aws, user);
      }
      return deployed;
    });
    return {
      ...world,
      ...deployment,
      users,
      server,
      outputs: Object.fromEntries(
        Object.entries(app.template.Outputs ?? {}).map(([key, { Value }]) => [
          key,
          resolver.text(Value, `the output ${key}`),
        ]),
      ),
      startExecution: (input, startOptions) => deployment.stateMachine.start(input, startOptions),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
