import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { RoleCredentials } from '../../../embedded-aws/embedded-aws';
import type { OwnerCredentials } from '../../../local/world/endpoint';

const REGION = 'us-east-1';

const POLICY_NAME = 'copy';

/** How many calls moto lets pass without a permission: all, or none from now on. */
const ALWAYS_FREE = 'inf';
const NEVER_FREE = '0';

/** The policy's actions under moto's names. */
const namedForMoto = (action: string): string => action.replace(/^cloudwatch:/, 'monitoring:');

const document = (Action: readonly string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

/** Calls an address of moto's own API. */
const tellMoto = async (url: string, path: string, body: string): Promise<void> => {
  const { ok, status } = await fetch(new URL(path, url), {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (!ok) throw new Error(`moto answered ${status} to ${path}.`);
};

/** Empties moto, which then checks no permissions. */
export const freeMoto = async (url: string): Promise<void> => {
  await tellMoto(url, '/moto-api/reset', '');
  await tellMoto(url, '/moto-api/reset-auth', ALWAYS_FREE);
};

/** Copies of the synthesized roles in a moto that checks permissions, and a session of each. */
export class MotoRoles {
  readonly #actions: ReadonlyMap<string, readonly string[]>;
  readonly #sessions: ReadonlyMap<string, RoleCredentials>;
  readonly #iam: IAMClient;

  private constructor(
    readonly owner: OwnerCredentials,
    actions: ReadonlyMap<string, readonly string[]>,
    sessions: ReadonlyMap<string, RoleCredentials>,
    iam: IAMClient,
  ) {
    this.#actions = actions;
    this.#sessions = sessions;
    this.#iam = iam;
  }

  /**
   * Empties moto, creates an owner, who may do everything, and the roles, and makes moto check permissions.
   *
   * @param actions - What each role may do, by the role's name; moto cannot judge on which resources.
   */
  static async create(url: string, actions: ReadonlyMap<string, readonly string[]>): Promise<MotoRoles> {
    await freeMoto(url);
    const settings = { region: REGION, endpoint: url };
    const anybody = { ...settings, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    const iam = new IAMClient(anybody);
    const sts = new STSClient(anybody);

    const UserName = 'owner';
    const { User } = await iam.send(new CreateUserCommand({ UserName }));
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: 'everything', PolicyDocument: document(['*']) }),
    );
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const owner = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };

    const sessions = new Map<string, RoleCredentials>();
    const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: User?.Arn } };
    for (const [RoleName, allowed] of actions) {
      const { Role } = await iam.send(
        new CreateRoleCommand({
          RoleName,
          AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
        }),
      );
      await iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: POLICY_NAME,
          PolicyDocument: document(allowed.map(namedForMoto)),
        }),
      );
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'judged' }),
      );
      sessions.set(RoleName, {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      });
    }
    await tellMoto(url, '/moto-api/reset-auth', NEVER_FREE);
    return new MotoRoles(owner, actions, sessions, new IAMClient({ ...settings, credentials: owner }));
  }

  /** The session of a role, by the role's ARN or name. */
  sessionOf(role: string): RoleCredentials {
    const session = this.#sessions.get(role.split('/').at(-1) ?? '');
    if (session === undefined) throw new Error(`${role} is not a role of the template.`);
    return session;
  }

  /** Does some work while a role lacks one of its actions. */
  async without<T>(role: string, action: string, work: () => Promise<T>): Promise<T> {
    const all = this.#actions.get(role) ?? [];
    await this.#put(
      role,
      all.filter((other) => other !== action),
    );
    try {
      return await work();
    } finally {
      await this.#put(role, all);
    }
  }

  async #put(RoleName: string, actions: readonly string[]): Promise<void> {
    // A role that has lost its only action keeps one that is never called: a policy must allow something.
    const allowed = actions.length === 0 ? ['iam:GenerateCredentialReport'] : actions;
    await this.#iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: POLICY_NAME,
        PolicyDocument: document(allowed.map(namedForMoto)),
      }),
    );
  }
}
