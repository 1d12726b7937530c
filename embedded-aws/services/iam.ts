import { ServiceError } from '../ground/errors';
import type { InvalidParameter } from '../wire/parameters';
import {
  AccessKey,
  type AccessKeyState,
  type AccessKeyStatus,
  type AccessKeyUse,
  type IamUser,
} from './access-key';
import { History, momentOfRead } from './aged-reads';
import type { TrailEntry } from './cloudtrail';
import { type CallContext, type Environment, GLOBAL_REGION, operation, page, type Service } from './service';

/** A key as it truly is, whatever lists and caches still say. */
export interface AccessKeyView {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName: string;
  readonly status: AccessKeyStatus | 'Deleted';
  /** When the key got its `status`. */
  readonly statusSince: Date;
  readonly createDate: Date;
}

/** A user's tags by key, as they were written. */
export type UserTags = Readonly<Record<string, string>>;

/** A user and every key that this user has or had, as data. */
export interface IamUserState extends IamUser {
  readonly keys: readonly AccessKeyState[];
  /** Undefined: the user has no tags. */
  readonly tags?: UserTags | undefined;
}

// IAM API, common constraints of UserName, AccessKeyId and Marker.
const USER_NAME = { type: 'string', min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ } as const;
/** IAM API, CreateUser: a new name is shorter than the names that other calls accept. */
const NEW_USER_NAME = { ...USER_NAME, required: true, max: 64 } as const;
const PATH = { type: 'string', min: 1, max: 512, pattern: /^(\/|\/[!-~]+\/)$/ } as const;
const ACCESS_KEY_ID = { type: 'string', min: 16, max: 128, pattern: /^\w+$/ } as const;
const POLICY_ARN = { type: 'string', min: 20, max: 2048 } as const;
const MARKER = { type: 'string', min: 1, max: 320 } as const;
const MAX_ITEMS = { type: 'integer', min: 1, max: 1000 } as const;
// IAM API, Tag.
const TAG_KEY = { type: 'string', min: 1, max: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u } as const;
const TAG_VALUE = { type: 'string', max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u } as const;

/** IAM Identity Center User Guide, "Referencing permission sets in resource policies": names and path of its roles. */
const OF_IDENTITY_CENTER = 'AWSReservedSSO_';
const IDENTITY_CENTER_PATH = '/aws-reserved/sso.amazonaws.com/';

/** IAM User Guide, IAM and AWS STS quotas: "Tags that can be attached to an IAM user". */
const TAGS_PER_USER = 50;

/** IAM User Guide, Tags for IAM resources: keys of users are not distinguished by case. */
const sameKey = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const without = (tags: UserTags, keys: readonly string[]): UserTags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.some((other) => sameKey(key, other))));

const noSuchUser = (userName: string) =>
  new ServiceError('NoSuchEntity', `The user with name ${userName} cannot be found.`, 404);

const noSuchKey = (accessKeyId: string) =>
  new ServiceError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`, 404);

const isoSeconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** IAM: users and their access keys. */
export class Iam implements Service {
  readonly #users = new Map<string, IamUser>();
  /** The users who had each name, for reads that lag. */
  readonly #usersByName = new Map<string, History<IamUser | undefined>>();
  /** Every key that ever existed. */
  readonly #keys = new Map<string, AccessKey>();
  /** The same, in order of creation. A user that is created again under the same name is another user. */
  readonly #keysByUser = new Map<IamUser, AccessKey[]>();
  /** The tags of each user through time, oldest first. */
  readonly #tags = new Map<IamUser, { readonly at: number; readonly tags: UserTags }[]>();
  /** The person who acts where no client does. */
  readonly operator: Pick<CallContext, 'principal' | 'accessKeyId'>;

  /** IAM API, Common Errors: ValidationError 400. */
  readonly invalidParameter: InvalidParameter = (message) =>
    new ServiceError('ValidationError', message, 400);

  constructor(
    private readonly environment: Environment,
    private readonly onPersonsAct: (act: TrailEntry) => void,
    /** Whether policies of a user or a role allow an action. Default: they allow everything. */
    private readonly allows: (principalArn: string, action: string, resource: string) => boolean = () => true,
  ) {
    const { ids, accountId } = environment;
    this.operator = {
      principal: {
        kind: 'user',
        arn: `arn:aws:iam::${accountId}:user/operator`,
        userId: ids.uniqueId('AIDA'),
        userName: 'operator',
      },
      accessKeyId: ids.uniqueId('AKIA'),
    };
  }

  /** The managed policies that are attached to each user, by ARN. */
  readonly #attached = new Map<IamUser, readonly string[]>();

  // What a person does, or has done before the story begins: no call is recorded, but CloudTrail sees it.

  addUser(user: { readonly userName: string; readonly path?: string; readonly createDate?: Date }): IamUser {
    const { userName, path = '/', createDate = this.#now } = user;
    // IAM API, CreateUser: "Names are not distinguished by case."
    for (const other of this.#users.keys()) {
      if (other.toLowerCase() === userName.toLowerCase()) {
        throw new ServiceError('EntityAlreadyExists', `User with name ${userName} already exists.`, 409);
      }
    }
    const added: IamUser = {
      userName,
      path,
      userId: this.environment.ids.uniqueId('AIDA'),
      arn: `arn:aws:iam::${this.environment.accountId}:user${path}${userName}`,
      createDate: new Date(Math.floor(createDate.getTime() / 1000) * 1000),
    };
    this.#users.set(userName, added);
    this.#noteUser(userName, added);
    return added;
  }

  removeUser(userName: string): void {
    for (const { accessKeyId } of this.keysOf(userName)) {
      this.removeAccessKey(accessKeyId);
    }
    this.#users.delete(userName);
    this.#noteUser(userName, undefined);
  }

  addAccessKey(
    userName: string,
    { status = 'Active', createDate = this.#now }: { status?: AccessKeyStatus; createDate?: Date } = {},
  ): AccessKeyView {
    const key = this.#create(this.#user(userName), createDate, status);
    this.#actOfPerson('CreateAccessKey', createDate, { userName }, this.#trailOfKey(key));
    return this.#view(key);
  }

  setStatus(accessKeyId: string, status: AccessKeyStatus): void {
    const key = this.#existingKey(accessKeyId);
    key.setStatus(status, this.#now);
    this.#actOfPerson(
      'UpdateAccessKey',
      this.#now,
      { accessKeyId, status, userName: key.user.userName },
      null,
    );
  }

  removeAccessKey(accessKeyId: string): void {
    const key = this.#existingKey(accessKeyId);
    key.delete(this.#now);
    this.#actOfPerson('DeleteAccessKey', this.#now, { accessKeyId, userName: key.user.userName }, null);
  }

  /**
   * A consumer uses a key for a service that is not modelled, such as S3.
   *
   * @returns Whether the key was accepted.
   */
  useAccessKey(accessKeyId: string, service = 's3', region: string = this.environment.region): boolean {
    const key = this.#keys.get(accessKeyId);
    if (key?.authenticatesAt(this.#now, this.environment.behaviour) !== true) {
      return false;
    }
    key.recordUse({ at: this.#now, service, region });
    return true;
  }

  /** Records a use in the past, for stories that begin with keys in use. */
  recordUse(accessKeyId: string, use: AccessKeyUse): void {
    this.#existingKey(accessKeyId).recordUse(use);
  }

  /** A person, or a tool, sets a tag of a user, or removes it if there is no value. */
  setUserTag(userName: string, key: string, value?: string): void {
    const user = this.#user(userName);
    const others = without(this.tagsOf(userName), [key]);
    this.#retag(user, value === undefined ? others : { ...others, [key]: value });
  }

  /** Somebody, AWS among them, attaches a managed policy to a user. What it allows or denies is not modelled. */
  attachPolicy(userName: string, policyArn: string): void {
    const user = this.#user(userName);
    this.#attached.set(user, [...new Set([...(this.#attached.get(user) ?? []), policyArn])]);
  }

  // The true state, for tests.

  /** The user's tags as they are now. */
  tagsOf(userName: string): UserTags {
    return this.#tagsAt(this.#user(userName), this.#now.getTime());
  }

  user(userName: string): IamUser | undefined {
    return this.#users.get(userName);
  }

  /** The user's keys as they are now, oldest first. */
  keysOf(userName: string): readonly AccessKeyView[] {
    return this.#keysOfUser(userName).map((key) => this.#view(key));
  }

  /** A key that exists or existed. */
  key(accessKeyId: string): AccessKeyView | undefined {
    const key = this.#keys.get(accessKeyId);
    return key && this.#view(key);
  }

  /** Whether a request signed with these credentials would be accepted now. */
  authenticates(accessKeyId: string, secretAccessKey: string): boolean {
    const key = this.#keys.get(accessKeyId);
    return (
      key?.secretAccessKey === secretAccessKey && key.authenticatesAt(this.#now, this.environment.behaviour)
    );
  }

  /** The key that a signature names, whatever its state. */
  credential(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** The secret of every key that ever existed, for tests that search for them where they must not be. */
  everySecretAccessKey(): readonly string[] {
    return [...this.#keys.values()].map(({ secretAccessKey }) => secretAccessKey);
  }

  /** The existing users, oldest first. */
  snapshot(): readonly IamUserState[] {
    const published = this.#now.getTime() - this.environment.behaviour.lastUsedDelay;
    return [...this.#users.values()].map((user) => ({
      ...user,
      keys: (this.#keysByUser.get(user) ?? []).map((key) => key.snapshot(published)),
      ...(this.#tags.has(user) && { tags: this.tagsOf(user.userName) }),
    }));
  }

  /** Adds the users of a snapshot. CloudTrail does not record it. */
  restore(users: readonly IamUserState[]): void {
    for (const { keys, tags, ...user } of users) {
      const restored = keys.map((key) => AccessKey.restore(user, key));
      this.#users.set(user.userName, user);
      this.#noteUser(user.userName, user);
      this.#keysByUser.set(user, restored);
      for (const key of restored) this.#keys.set(key.accessKeyId, key);
      // The tags have always been there.
      if (tags !== undefined) this.#retag(user, tags, Number.NEGATIVE_INFINITY);
    }
  }

  readonly operations = {
    // IAM API, CreateUser: EntityAlreadyExists 409.
    CreateUser: operation({
      parameters: { UserName: NEW_USER_NAME, Path: PATH },
      resource: ({ UserName, Path = '/' }) =>
        `arn:aws:iam::${this.environment.accountId}:user${Path}${UserName}`,
      handle: ({ UserName, Path = '/' }) => ({
        User: this.#describe(this.addUser({ userName: UserName, path: Path })),
      }),
      trail: ({ UserName, Path }, output) => ({
        requestParameters: { userName: UserName, ...(Path !== undefined && { path: Path }) },
        responseElements: output === undefined ? null : { user: this.#trailOfUser(this.#user(UserName)) },
      }),
    }),

    // IAM API, DeleteUser: everything that belongs to the user must be gone; DeleteConflict 409.
    DeleteUser: operation({
      parameters: { UserName: { ...USER_NAME, required: true } },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName }) => {
        const { userName } = this.#user(UserName);
        if (this.#keysOfUser(userName).length > 0) {
          throw new ServiceError(
            'DeleteConflict',
            'Cannot delete entity, must delete access keys first.',
            409,
          );
        }
        this.#users.delete(userName);
        this.#noteUser(userName, undefined);
        return {};
      },
      trail: ({ UserName }) => ({ requestParameters: { userName: UserName }, responseElements: null }),
    }),

    // IAM API, GetUser. Without UserName: the user who signs. Tags are in this answer but not in lists of
    // users.
    GetUser: operation({
      parameters: { UserName: USER_NAME },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName }, context) => {
        const name = UserName ?? this.#calledUser(UserName, context).userName;
        const moment = this.#momentOfRead();
        const user = this.#usersByName.get(name)?.at(moment);
        if (user === undefined) throw noSuchUser(name);
        const tags = Object.entries(this.#tagsAt(user, moment)).map(([Key, Value]) => ({ Key, Value }));
        return { User: { ...this.#describe(user), ...(tags.length > 0 && { Tags: tags }) } };
      },
    }),

    // IAM API, TagUser: "If a tag with the same key name already exists, then that tag is overwritten"; LimitExceeded 409.
    TagUser: operation({
      parameters: {
        UserName: { ...USER_NAME, required: true },
        Tags: {
          type: 'structures',
          members: { Key: { ...TAG_KEY, required: true }, Value: { ...TAG_VALUE, required: true } },
          required: true,
        },
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      conditions: ({ Tags }) => ({
        'aws:TagKeys': Tags.map(({ Key }) => Key),
        ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, [Value]])),
      }),
      handle: ({ UserName, Tags }) => {
        const user = this.#user(UserName);
        const kept = without(
          this.tagsOf(UserName),
          Tags.map(({ Key }) => Key),
        );
        const tags = { ...kept, ...Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) };
        if (Object.keys(tags).length > TAGS_PER_USER) {
          throw new ServiceError(
            'LimitExceeded',
            `Cannot exceed quota for TagsPerUser: ${TAGS_PER_USER}`,
            409,
          );
        }
        this.#retag(user, tags);
        return {};
      },
      trail: ({ UserName, Tags }) => ({
        requestParameters: {
          userName: UserName,
          tags: Tags.map(({ Key, Value }) => ({ key: Key, value: Value })),
        },
        responseElements: null,
      }),
    }),

    // IAM API, UntagUser: tag keys that the user does not have are not an error.
    UntagUser: operation({
      parameters: {
        UserName: { ...USER_NAME, required: true },
        TagKeys: { type: 'strings', max: TAGS_PER_USER, required: true },
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      conditions: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
      handle: ({ UserName, TagKeys }) => {
        this.#retag(this.#user(UserName), without(this.tagsOf(UserName), TagKeys));
        return {};
      },
      trail: ({ UserName, TagKeys }) => ({
        requestParameters: { userName: UserName, tagKeys: TagKeys },
        responseElements: null,
      }),
    }),

    // IAM API, ListUsers.
    ListUsers: operation({
      parameters: {
        PathPrefix: { ...PATH, pattern: /^\/[!-~]*$/ },
        Marker: MARKER,
        MaxItems: MAX_ITEMS,
      },
      resource: () => '*',
      handle: ({ PathPrefix = '/', Marker, MaxItems = 100 }) => {
        const users = [...this.#users.values()].filter(({ path }) => path.startsWith(PathPrefix));
        const { items, next } = page(users, Marker, MaxItems, () => this.invalidParameter('Invalid Marker.'));
        return {
          Users: items.map((user) => this.#describe(user)),
          IsTruncated: next !== undefined,
          Marker: next,
        };
      },
    }),

    // IAM API, ListAttachedUserPolicies, AttachUserPolicy and DetachUserPolicy. NoSuchEntity 404.
    ListAttachedUserPolicies: operation({
      parameters: { UserName: { ...USER_NAME, required: true }, Marker: MARKER, MaxItems: MAX_ITEMS },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, Marker, MaxItems = 100 }) => {
        const attached = this.#attached.get(this.#user(UserName)) ?? [];
        const { items, next } = page(attached, Marker, MaxItems, () =>
          this.invalidParameter('Invalid Marker.'),
        );
        return {
          AttachedPolicies: items.map((PolicyArn) => ({
            PolicyName: PolicyArn.split('/').at(-1),
            PolicyArn,
          })),
          IsTruncated: next !== undefined,
          Marker: next,
        };
      },
    }),
    AttachUserPolicy: operation({
      parameters: {
        UserName: { ...USER_NAME, required: true },
        PolicyArn: { ...POLICY_ARN, required: true },
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, PolicyArn }) => {
        this.attachPolicy(UserName, PolicyArn);
        return {};
      },
    }),
    DetachUserPolicy: operation({
      parameters: {
        UserName: { ...USER_NAME, required: true },
        PolicyArn: { ...POLICY_ARN, required: true },
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, PolicyArn }) => {
        const user = this.#user(UserName);
        const attached = this.#attached.get(user) ?? [];
        if (!attached.includes(PolicyArn)) {
          throw new ServiceError('NoSuchEntity', `Policy ${PolicyArn} was not found.`, 404);
        }
        this.#attached.set(
          user,
          attached.filter((other) => other !== PolicyArn),
        );
        return {};
      },
    }),

    // IAM API, CreateRole and DeleteRole. Such a role is never assumed here: services ask for its ARN.
    CreateRole: operation({
      parameters: {
        RoleName: NEW_USER_NAME,
        Path: PATH,
        AssumeRolePolicyDocument: { type: 'string', required: true, min: 1, max: 131_072 },
      },
      resource: ({ RoleName, Path = '/' }) => this.#roleArn(RoleName, Path),
      handle: ({ RoleName, Path = '/' }) => ({
        Role: {
          Path,
          RoleName,
          RoleId: this.environment.ids.uniqueId('AROA'),
          Arn: this.#roleArn(RoleName, Path),
          CreateDate: this.#now,
        },
      }),
    }),
    DeleteRole: operation({
      parameters: { RoleName: NEW_USER_NAME },
      resource: ({ RoleName }) => this.#roleArn(RoleName, '/'),
      handle: () => ({}),
    }),

    // IAM API, GetRole: its ARN has its path. Roles are not modelled: each is taken for one that exists.
    GetRole: operation({
      parameters: { RoleName: { ...USER_NAME, max: 64, required: true } },
      resource: ({ RoleName }) => this.#realArn(RoleName),
      handle: ({ RoleName }) => ({ Role: { RoleName, Arn: this.#realArn(RoleName) } }),
    }),

    // IAM API, SimulatePrincipalPolicy: what policies of a user or a role decide on each action and resource; NoSuchEntity for an
    // entity that does not exist, such as a role whose ARN lacks its path. Context entries and further policies are not modelled.
    SimulatePrincipalPolicy: operation({
      parameters: {
        PolicySourceArn: { ...POLICY_ARN, required: true },
        ActionNames: { type: 'strings', required: true },
        ResourceArns: { type: 'strings' },
      },
      // Service Authorization Reference, IAM: it is authorized by the user, group or role.
      resource: ({ PolicySourceArn }) => PolicySourceArn,
      handle: ({ PolicySourceArn, ActionNames, ResourceArns = ['*'] }) => {
        const [, userName] = /:user\/(?:.*\/)?([^/]+)$/.exec(PolicySourceArn) ?? [];
        if (userName !== undefined) this.#user(userName);
        const [, roleName] = /:role\/(?:.*\/)?([^/]+)$/.exec(PolicySourceArn) ?? [];
        if (roleName !== undefined && PolicySourceArn !== this.#realArn(roleName)) {
          throw new ServiceError('NoSuchEntity', `Entity ${PolicySourceArn} cannot be found.`, 404);
        }
        const results = ActionNames.flatMap((EvalActionName) =>
          ResourceArns.map((EvalResourceName) => ({
            EvalActionName,
            EvalResourceName,
            EvalDecision: this.allows(PolicySourceArn, EvalActionName, EvalResourceName)
              ? 'allowed'
              : 'implicitDeny',
          })),
        );
        return { EvaluationResults: results, IsTruncated: false };
      },
    }),

    // IAM API, ListAccessKeys: MaxItems 1 to 1000, default 100.
    ListAccessKeys: operation({
      parameters: {
        UserName: USER_NAME,
        Marker: MARKER,
        MaxItems: MAX_ITEMS,
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, Marker, MaxItems = 100 }, context) => {
        const listed = this.#listAt(this.#calledUser(UserName, context), this.#momentOfRead());
        const { items, next } = page(listed, Marker, MaxItems, () =>
          this.invalidParameter('Invalid Marker.'),
        );
        return { AccessKeyMetadata: items, IsTruncated: next !== undefined, Marker: next };
      },
    }),

    // IAM API, CreateAccessKey: the secret is in this answer and in no other; LimitExceeded 409.
    CreateAccessKey: operation({
      parameters: { UserName: USER_NAME },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName }, context) => {
        const user = this.#calledUser(UserName, context);
        const quota = this.environment.behaviour.accessKeysPerUser;
        // IAM User Guide, IAM and AWS STS quotas: two access keys per user. Inactive keys count.
        if (this.#keysOfUser(user.userName).length >= quota) {
          throw new ServiceError('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${quota}`, 409);
        }
        const key = this.#create(user, this.#now, 'Active');
        return {
          AccessKey: {
            UserName: user.userName,
            AccessKeyId: key.accessKeyId,
            Status: key.status,
            SecretAccessKey: key.secretAccessKey,
            CreateDate: this.#shown(key.createDate),
          },
        };
      },
      trail: ({ UserName }, output) => {
        const created = output?.AccessKey as { AccessKeyId: string } | undefined;
        const key = created && this.#keys.get(created.AccessKeyId);
        return {
          requestParameters: UserName === undefined ? {} : { userName: UserName },
          responseElements: key === undefined ? null : this.#trailOfKey(key),
        };
      },
    }),

    // IAM API, UpdateAccessKey.
    UpdateAccessKey: operation({
      parameters: {
        UserName: USER_NAME,
        AccessKeyId: { ...ACCESS_KEY_ID, required: true },
        // The API also lists Expired, without saying what it does to a user's key: refused.
        Status: { type: 'string', required: true, oneOf: ['Active', 'Inactive'] },
      },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, AccessKeyId, Status }, context) => {
        const key = this.#ownKey(this.#calledUser(UserName, context), AccessKeyId);
        key.setStatus(Status === 'Active' ? 'Active' : 'Inactive', this.#now);
        return {};
      },
      trail: ({ UserName, AccessKeyId, Status }) => ({
        requestParameters: { userName: UserName, accessKeyId: AccessKeyId, status: Status },
        responseElements: null,
      }),
    }),

    // IAM API, DeleteAccessKey: an Active key may be deleted too.
    DeleteAccessKey: operation({
      parameters: { UserName: USER_NAME, AccessKeyId: { ...ACCESS_KEY_ID, required: true } },
      resource: ({ UserName }, context) => this.#userArn(UserName, context),
      handle: ({ UserName, AccessKeyId }, context) => {
        this.#ownKey(this.#calledUser(UserName, context), AccessKeyId).delete(this.#now);
        return {};
      },
      trail: ({ UserName, AccessKeyId }) => ({
        requestParameters: { userName: UserName, accessKeyId: AccessKeyId },
        responseElements: null,
      }),
    }),

    // IAM API, GetAccessKeyLastUsed, AccessKeyLastUsed: for a key that was never used there is no
    // LastUsedDate, and N/A for the rest.
    GetAccessKeyLastUsed: operation({
      parameters: { AccessKeyId: { ...ACCESS_KEY_ID, required: true } },
      resource: ({ AccessKeyId }) => this.#keys.get(AccessKeyId)?.user.arn ?? '*',
      handle: ({ AccessKeyId }) => {
        const key = this.#keys.get(AccessKeyId);
        const moment = this.#momentOfRead();
        if (key?.statusAt(moment) === undefined) {
          // The page documents no error for it. IAM cannot tell whose key it would be: we chose a denial.
          throw new ServiceError(
            'AccessDenied',
            `User is not authorized to perform: iam:GetAccessKeyLastUsed`,
            403,
          );
        }
        const use = key.lastUse(moment - this.environment.behaviour.lastUsedDelay);
        return {
          UserName: key.user.userName,
          AccessKeyLastUsed: {
            LastUsedDate: use && this.#shown(use.at),
            ServiceName: use?.service ?? 'N/A',
            Region: use?.region ?? 'N/A',
          },
        };
      },
    }),
  };

  get #now(): Date {
    return this.environment.clock.now();
  }

  /** A time as IAM's own clock shows it. */
  #shown(time: Date): Date {
    const { clockSkew } = this.environment.behaviour;
    return clockSkew === 0 ? time : new Date(time.getTime() + clockSkew);
  }

  #momentOfRead(): number {
    return momentOfRead(this.environment, this.environment.behaviour.iamReadLag);
  }

  /** The first user of a name has it in every read: that user's story begins before the reads do. */
  #noteUser(userName: string, user: IamUser | undefined): void {
    const history = this.#usersByName.get(userName) ?? new History(user);
    history.change(user, this.#now.getTime());
    this.#usersByName.set(userName, history);
  }

  #user(userName: string): IamUser {
    const user = this.#users.get(userName);
    if (user === undefined) {
      throw noSuchUser(userName);
    }
    return user;
  }

  /** IAM API: without UserName, IAM takes the user whose access key signs the request. */
  #calledUser(userName: string | undefined, { principal }: CallContext): IamUser {
    if (userName !== undefined) {
      return this.#user(userName);
    }
    if (principal.kind !== 'user') {
      throw this.invalidParameter('Must specify userName when calling with non-User credentials');
    }
    return this.#user(principal.userName);
  }

  #realArn(roleName: string): string {
    return this.#roleArn(roleName, roleName.startsWith(OF_IDENTITY_CENTER) ? IDENTITY_CENTER_PATH : '/');
  }

  #roleArn(roleName: string, path: string): string {
    return `arn:aws:iam::${this.environment.accountId}:role${path}${roleName}`;
  }

  #userArn(userName: string | undefined, { principal }: CallContext): string {
    if (userName === undefined) {
      return principal.arn;
    }
    return this.#users.get(userName)?.arn ?? `arn:aws:iam::${this.environment.accountId}:user/${userName}`;
  }

  #describe({ path, userName, userId, arn, createDate }: IamUser) {
    return { Path: path, UserName: userName, UserId: userId, Arn: arn, CreateDate: createDate };
  }

  #existingKey(accessKeyId: string): AccessKey {
    const key = this.#keys.get(accessKeyId);
    if (key === undefined || key.deletedAt !== undefined) {
      throw noSuchKey(accessKeyId);
    }
    return key;
  }

  #ownKey(user: IamUser, accessKeyId: string): AccessKey {
    const key = this.#existingKey(accessKeyId);
    if (key.user !== user) {
      throw noSuchKey(accessKeyId);
    }
    return key;
  }

  #keysOfUser(userName: string): readonly AccessKey[] {
    const user = this.#users.get(userName);
    const keys = user === undefined ? undefined : this.#keysByUser.get(user);
    return keys?.filter((key) => key.deletedAt === undefined) ?? [];
  }

  #tagsAt(user: IamUser, moment: number): UserTags {
    return this.#tags.get(user)?.findLast(({ at }) => at <= moment)?.tags ?? {};
  }

  #retag(user: IamUser, tags: UserTags, at = this.#now.getTime()): void {
    this.#tags.set(user, [...(this.#tags.get(user) ?? []), { at, tags }]);
  }

  #listAt(user: IamUser, moment: number) {
    return (this.#keysByUser.get(user) ?? []).flatMap((key) => {
      const status = key.statusAt(moment);
      const { accessKeyId: AccessKeyId, createDate: CreateDate } = key;
      return status === undefined
        ? []
        : [{ UserName: user.userName, AccessKeyId, Status: status, CreateDate: this.#shown(CreateDate) }];
    });
  }

  #create(user: IamUser, createdAt: Date, status: AccessKeyStatus): AccessKey {
    const { ids } = this.environment;
    const key = new AccessKey(user, ids.uniqueId('AKIA'), ids.secretAccessKey(), status, createdAt);
    this.#keys.set(key.accessKeyId, key);
    this.#keysByUser.set(user, [...(this.#keysByUser.get(user) ?? []), key]);
    return key;
  }

  #view(key: AccessKey): AccessKeyView {
    const { accessKeyId, secretAccessKey, user, createDate, deletedAt } = key;
    return {
      accessKeyId,
      secretAccessKey,
      userName: user.userName,
      status: deletedAt === undefined ? key.status : 'Deleted',
      statusSince: deletedAt ?? key.statusSince,
      createDate,
    };
  }

  /** CloudTrail User Guide: the secret access key is never part of an event. */
  #trailOfKey({ accessKeyId, status, user, createDate }: AccessKey) {
    return {
      accessKey: { userName: user.userName, accessKeyId, status, createDate: isoSeconds(createDate) },
    };
  }

  #trailOfUser({ path, userName, userId, arn, createDate }: IamUser) {
    return { path, userName, userId, arn, createDate: isoSeconds(createDate) };
  }

  #actOfPerson(
    eventName: string,
    at: Date,
    requestParameters: Readonly<Record<string, unknown>>,
    responseElements: Readonly<Record<string, unknown>> | null,
  ): void {
    this.onPersonsAct({
      eventSource: 'iam.amazonaws.com',
      eventName,
      at,
      ...this.operator,
      region: GLOBAL_REGION,
      requestParameters,
      responseElements,
    });
  }
}
