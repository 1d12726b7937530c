import { type Call, CallLog, type CallRecord, type ServiceName } from './calls/call-log';
import { type Denial, denialMessage, NOT_ALLOWED } from './calls/denial';
import { type FaultInjection, Faults } from './calls/faults';
import { InProcessHandler, type InProcessHandlerOptions } from './clients/in-process-handler';
import { type Behaviour, DEFAULT_BEHAVIOUR } from './ground/behaviour';
import { VirtualClock } from './ground/clock';
import { ConnectionLost, notModelled, ServiceError } from './ground/errors';
import { Prng } from './ground/prng';
import { Account } from './services/account';
import { CloudTrail, type TrailEntry } from './services/cloudtrail';
import { type Alarm, type AlarmChange, CloudWatch } from './services/cloudwatch';
import { EventBridge } from './services/event-bridge';
import { Health } from './services/health';
import { Iam, type IamUserState } from './services/iam';
import { Lambda } from './services/lambda';
import { Logs } from './services/logs';
import { Scheduler } from './services/scheduler';
import { type SecretState, SecretsManager } from './services/secrets-manager';
import { SecurityHub } from './services/security-hub';
import {
  type CallContext,
  type ConditionValues,
  type Environment,
  GLOBAL_REGION,
  type Operation,
  type Principal,
  type Service,
} from './services/service';
import { Ses } from './services/ses';
import { Sns } from './services/sns';
import {
  type Execution,
  METRIC_OF_STATUS,
  States,
  startTrail,
  stateMachineOf,
  statusChange,
} from './services/states';
import { Sts } from './services/sts';
import { awsJson } from './wire/aws-json';
import { handedOver } from './wire/handed-over';
import type { WireError, WireProtocol, WireRequest, WireResponse } from './wire/messages';
import { parseInput } from './wire/parameters';
import { queryXml } from './wire/query-xml';
import { restJson } from './wire/rest-json';
import {
  AuthenticationFailure,
  parseAuthorization,
  SignatureVerifier,
  type SigningSecret,
  verifyCredential,
} from './wire/sigv4';

/** What an authorizer decides on. */
export interface AuthorizationRequest {
  /** ARN of the user or role. */
  readonly caller: string;
  readonly service: ServiceName;
  readonly operation: string;
  /** The IAM action, such as `iam:CreateAccessKey`. */
  readonly action: string;
  /** The ARN that the action is about, or `*`. */
  readonly resource: string;
  /** The values for the conditions of policies. */
  readonly conditions: ConditionValues;
  /** The policy that is attached to the resource, as text. */
  readonly resourcePolicy?: string | undefined;
}

/** How an {@link EmbeddedAws} is set up. */
export interface EmbeddedAwsOptions {
  readonly clock?: VirtualClock;
  /** Seed of all identifiers. Default: 1. */
  readonly seed?: number;
  /** Source of all identifiers, instead of one made from the seed. */
  readonly ids?: Prng;
  readonly accountId?: string;
  readonly region?: string;
  readonly behaviour?: Partial<Behaviour>;
  /**
   * Says whether a call is allowed, or what denies it; `false`: the lack of an allow. Default: every call is allowed. Never asked for
   * sts:GetCallerIdentity.
   */
  readonly authorize?: (request: AuthorizationRequest) => boolean | Denial;
}

/** A session of a role. */
interface Session {
  readonly principal: Principal;
  readonly secret: SigningSecret;
  /**
   * The function to which Lambda issued the credentials; undefined if it was not Lambda, or does not matter.
   */
  readonly sourceFunctionArn: string | undefined;
}

/**
 * The state of the services, as data. Executions are not part of it, nor logs, nor messages to topics and buses,
 * nor the calls so far.
 */
export interface AwsState {
  readonly users: readonly IamUserState[];
  readonly secrets: readonly SecretState[];
  readonly trail: readonly TrailEntry[];
  readonly alarms: readonly Alarm[];
  readonly alarmChanges: readonly AlarmChange[];
}

/** Credentials of a role's session. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A call that is not modelled, as CloudTrail shows it. */
export type CallOfAnybody = Pick<TrailEntry, 'eventSource' | 'eventName'> &
  Partial<
    Pick<
      TrailEntry,
      'region' | 'sourceIPAddress' | 'readOnly' | 'error' | 'requestParameters' | 'responseElements'
    >
  >;

/** A service that starts an execution in the session of a role. */
export interface Starter {
  readonly roleArn: string;
  /** Such as `scheduler.amazonaws.com`. */
  readonly service: string;
}

/** Hooks for the carrier of a request to the embedded AWS. */
export interface HandleOptions {
  /**
   * Called when the request begins to wait for virtual time. It returns a function that is called when the
   * request goes on.
   */
  readonly onWait?: () => () => void;
  /**
   * The caller's clock at this moment, if it is not the virtual one: the request must have been signed at about this time, and the answer
   * is dated by it. Times in the answer's content stay virtual.
   */
  readonly callersNow?: Date;
}

interface Endpoint {
  readonly name: ServiceName;
  readonly protocol: WireProtocol;
  readonly service: Service;
  /** Whether the endpoint answers requests that are signed for a Region. */
  readonly serves: (region: string) => boolean;
}

interface Arrival {
  /** How the answer is written. */
  readonly protocol: WireProtocol;
  readonly service: Service;
  readonly operation: Operation;
  readonly call: Call;
  readonly context: CallContext;
  /** Why the call cannot be carried out, regardless of the service. */
  readonly refusal: ServiceError | undefined;
}

/** What a request says of its caller before anything is verified. */
interface Claim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /**
   * @throws {@link AuthenticationFailure} if the request was not signed with the secret, at about this time.
   */
  readonly verify: (secret: SigningSecret, now: Date) => void;
}

/** An unsigned header that says for which execution a call is made, so that the log can say so. */
export const ORIGIN_HEADER = 'x-embedded-origin';

const UNKNOWN: Principal = { kind: 'user', arn: 'unknown', userId: 'unknown', userName: 'unknown' };

/**
 * The AWS services that the rotation uses, in memory, behind their real wire protocols: a function from HTTP
 * request to HTTP response. What it does not model it refuses with 501 `NotModelled`.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const aws = new EmbeddedAws({ clock });
 * aws.iam.addUser({ userName: 'alice' });
 * const credentials = aws.roleCredentials('arn:aws:iam::111122223333:role/rotation');
 * const iam = new IAMClient({ region: 'us-east-1', credentials, requestHandler: aws.requestHandler() });
 * ```
 */
export class EmbeddedAws {
  readonly clock: VirtualClock;
  readonly accountId: string;
  readonly region: string;
  /** May be changed at any time. */
  readonly behaviour: Behaviour;
  readonly faults = new Faults();
  readonly account: Account;
  readonly iam: Iam;
  readonly sts: Sts;
  readonly secretsManager: SecretsManager;
  readonly cloudTrail: CloudTrail;
  readonly cloudWatch: CloudWatch;
  readonly logs: Logs;
  readonly ses: Ses;
  readonly sns: Sns;
  readonly eventBridge: EventBridge;
  readonly health: Health;
  readonly scheduler: Scheduler;
  readonly securityHub: SecurityHub;
  readonly states: States;
  readonly lambda: Lambda;

  readonly #authorize: (request: AuthorizationRequest) => boolean | Denial;
  readonly #ids: Prng;
  readonly #log = new CallLog();
  readonly #verifier = new SignatureVerifier();
  readonly #sessions = new Map<string, Session>();
  /** By signing name. */
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  #requests = 0;

  constructor(options: EmbeddedAwsOptions = {}) {
    this.clock = options.clock ?? new VirtualClock();
    this.accountId = options.accountId ?? '111122223333';
    this.region = options.region ?? 'us-east-1';
    this.behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
    this.#authorize = options.authorize ?? (() => true);
    this.#ids = options.ids ?? new Prng(options.seed ?? 1);
    const { clock, accountId, region, behaviour } = this;
    const environment: Environment = { clock, accountId, region, behaviour, ids: this.#ids };
    this.account = new Account(environment);
    this.cloudTrail = new CloudTrail(environment, (region) => this.account.isEnabled(region));
    this.iam = new Iam(
      environment,
      (act) => this.cloudTrail.record(act),
      (caller, action, resource) => {
        const [service, operation = ''] = action.split(':');
        const request = {
          caller,
          service: service as ServiceName,
          operation,
          action,
          resource,
          conditions: {},
        };
        return this.#authorize(request) === true;
      },
    );
    this.sts = new Sts(environment);
    this.secretsManager = new SecretsManager(environment);
    this.cloudWatch = new CloudWatch(environment);
    this.logs = new Logs(environment);
    this.ses = new Ses(this.iam);
    this.sns = new Sns(environment);
    this.eventBridge = new EventBridge(environment);
    this.health = new Health(environment, this.eventBridge);
    this.scheduler = new Scheduler(environment);
    this.securityHub = new SecurityHub(environment);
    this.states = new States(environment);
    this.states.onStatus = (execution) => {
      const name = METRIC_OF_STATUS[execution.status];
      const dimensions = { StateMachineArn: stateMachineOf(execution.arn) };
      if (name !== undefined) this.cloudWatch.count({ namespace: 'AWS/States', name, dimensions });
      this.eventBridge.announce(statusChange(execution));
    };
    this.lambda = new Lambda(environment);
    this.#endpoints = this.#createEndpoints();
  }

  /** How many calls have arrived. */
  get arrivals(): number {
    return this.#log.arrivals;
  }

  /** Every call so far, in the order in which they were carried out. */
  get calls(): readonly CallRecord[] {
    return this.#log.records;
  }

  /**
   * Calls the listener after every call, when its effect is visible. Returns the function that ends this. A
   * listener that throws fails the call: one that checks invariants should collect its findings instead.
   */
  onCall(listener: (record: CallRecord) => void): () => void {
    return this.#log.onCall(listener);
  }

  /** The state of the services at this moment. Later events do not change it. */
  snapshot(): AwsState {
    const { iam, secretsManager, cloudTrail, cloudWatch } = this;
    return {
      users: iam.snapshot(),
      secrets: secretsManager.snapshot(),
      trail: cloudTrail.snapshot(),
      alarms: cloudWatch.snapshot(),
      alarmChanges: cloudWatch.changes,
    };
  }

  /** Adds the content of a snapshot to an AWS that is empty, at the snapshot's time. */
  restore({ users, secrets, trail, alarms, alarmChanges }: AwsState): void {
    this.iam.restore(users);
    this.secretsManager.restore(secrets);
    for (const entry of trail) this.cloudTrail.record(entry);
    this.cloudWatch.restore(alarms, alarmChanges);
  }

  /** Credentials of a new session of a role. They do not expire: nothing here lives as long as a day. */
  roleCredentials(roleArn: string, sessionName = 'embedded', sourceFunctionArn?: string): RoleCredentials {
    const credentials = {
      accessKeyId: this.#ids.uniqueId('ASIA'),
      secretAccessKey: this.#ids.secretAccessKey(),
      sessionToken: this.#ids.sessionToken(),
    };
    this.acceptSession(roleArn, sessionName, credentials, sourceFunctionArn);
    return credentials;
  }

  /** Accepts credentials as those of a role's session, no matter who issued them. */
  acceptSession(
    roleArn: string,
    sessionName: string,
    credentials: RoleCredentials,
    sourceFunctionArn?: string,
  ): Principal {
    const { accessKeyId, ...secret } = credentials;
    const roleName = roleArn.split('/').at(-1) ?? '';
    const principal: Principal = {
      kind: 'role',
      arn: roleArn,
      sessionArn: `arn:aws:sts::${this.accountId}:assumed-role/${roleName}/${sessionName}`,
      roleId: this.#ids.uniqueId('AROA'),
      sessionName,
    };
    this.#sessions.set(accessKeyId, { principal, secret, sourceFunctionArn });
    return principal;
  }

  /**
   * Tells CloudTrail of an execution that whatever runs executions has started, for nobody who called StartExecution here.
   *
   * @param starter - Default: a person.
   */
  tellOfStart(execution: Pick<Execution, 'arn' | 'startDate'>, starter?: Starter): void {
    const { arn: executionArn, startDate } = execution;
    const stateMachineArn = stateMachineOf(executionArn);
    const input = { stateMachineArn, name: executionArn.split(':')[7] ?? '', input: '' };
    this.cloudTrail.record({
      eventSource: 'states.amazonaws.com',
      eventName: 'StartExecution',
      at: startDate,
      region: this.region,
      ...(starter === undefined ? this.iam.operator : this.#sessionOf(starter)),
      ...startTrail(input, { executionArn, startDate }),
    });
  }

  /**
   * Whoever has an access key makes a call that is not modelled, from anywhere: CloudTrail shows it.
   *
   * @returns Whether the key was accepted.
   */
  callWith(accessKeyId: string, call: CallOfAnybody): boolean {
    const { eventSource, region = this.region } = call;
    const user = this.iam.credential(accessKeyId)?.user;
    const service = eventSource.split('.')[0] ?? '';
    if (user === undefined || !this.iam.useAccessKey(accessKeyId, service, region)) return false;
    this.cloudTrail.record({
      at: this.clock.now(),
      region,
      accessKeyId,
      principal: { kind: 'user', ...user },
      requestParameters: null,
      responseElements: null,
      ...call,
    });
    return true;
  }

  /** The `requestHandler` of SDK clients in this process. */
  requestHandler(options: InProcessHandlerOptions = {}): InProcessHandler {
    return new InProcessHandler(this, options);
  }

  /**
   * Answers a request.
   *
   * @throws {@link ConnectionLost} if an injected fault breaks the connection.
   */
  async handle(request: WireRequest, options: HandleOptions = {}): Promise<WireResponse> {
    this.clock.spend(this.behaviour.latency);
    this.#requests += 1;
    const requestId = `00000000-0000-4000-8000-${this.#requests.toString(16).padStart(12, '0')}`;
    const protocol = this.#guessProtocol(request);
    let response: WireResponse;
    try {
      const arrival = this.#arrive(request, options.callersNow ?? this.clock.now());
      response = await this.#answer(arrival, requestId, options);
    } catch (error) {
      response = protocol.error(this.#wireError(error, protocol), requestId);
    }
    // The SDK corrects its clock by this header.
    response.headers.date = (options.callersNow ?? this.clock.now()).toUTCString();
    return response;
  }

  /** A session in which a service acts. Nothing is signed with its key. */
  #sessionOf({ roleArn, service }: Starter) {
    const sessionName = service.split('.')[0] ?? '';
    const roleName = roleArn.split('/').at(-1) ?? '';
    const principal: Principal = {
      kind: 'role',
      arn: roleArn,
      sessionArn: `arn:aws:sts::${this.accountId}:assumed-role/${roleName}/${sessionName}`,
      // Not from the common source of identifiers: who starts an execution must not decide which keys are created.
      roleId: 'AROAEXAMPLEEXAMPLE00',
      sessionName,
    };
    return { principal, accessKeyId: 'ASIAEXAMPLEEXAMPLE00', invokedBy: service };
  }

  #createEndpoints(): ReadonlyMap<string, Endpoint> {
    const own = (region: string) => region === this.region;
    // IAM is one service for all Regions, signed for us-east-1, where CloudTrail shows its events too. A key
    // can be tested at any Region's STS.
    const global = (region: string) => region === GLOBAL_REGION;
    const query = (version: string, service: string) =>
      queryXml({ version, xmlNamespace: `https://${service}.amazonaws.com/doc/${version}/` });
    return new Map<string, Endpoint>([
      ['iam', { name: 'iam', protocol: query('2010-05-08', 'iam'), service: this.iam, serves: global }],
      ['sts', { name: 'sts', protocol: query('2011-06-15', 'sts'), service: this.sts, serves: () => true }],
      ['sns', { name: 'sns', protocol: query('2010-03-31', 'sns'), service: this.sns, serves: own }],
      [
        'events',
        {
          name: 'events',
          protocol: awsJson({ version: '1.1', target: 'AWSEvents' }),
          service: this.eventBridge,
          serves: own,
        },
      ],
      [
        'secretsmanager',
        {
          name: 'secretsmanager',
          protocol: awsJson({ version: '1.1', target: 'secretsmanager' }),
          service: this.secretsManager,
          serves: own,
        },
      ],
      [
        'cloudtrail',
        {
          name: 'cloudtrail',
          protocol: awsJson({ version: '1.1', target: 'CloudTrail_20131101' }),
          service: this.cloudTrail,
          serves: () => true,
        },
      ],
      [
        'monitoring',
        {
          name: 'cloudwatch',
          protocol: awsJson({
            version: '1.0',
            target: 'GraniteServiceVersion20100801',
            queryCompatible: true,
          }),
          service: this.cloudWatch,
          serves: own,
        },
      ],
      [
        'logs',
        {
          name: 'logs',
          protocol: awsJson({ version: '1.1', target: 'Logs_20140328' }),
          service: this.logs,
          serves: own,
        },
      ],
      [
        'states',
        {
          name: 'states',
          protocol: awsJson({ version: '1.0', target: 'AWSStepFunctions' }),
          service: this.states,
          serves: own,
        },
      ],
      [
        'scheduler',
        { name: 'scheduler', protocol: restJson(this.scheduler), service: this.scheduler, serves: own },
      ],
      [
        'account',
        { name: 'account', protocol: restJson(this.account), service: this.account, serves: global },
      ],
      ['lambda', { name: 'lambda', protocol: restJson(this.lambda), service: this.lambda, serves: own }],
      [
        'securityhub',
        {
          name: 'securityhub',
          protocol: restJson(this.securityHub),
          service: this.securityHub,
          serves: own,
        },
      ],
    ]);
  }

  /** The protocol for the answer to requests that are refused before their service is known. */
  #guessProtocol({ headers, call }: WireRequest): WireProtocol {
    const signedFor =
      call?.credential.service ?? /\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1] ?? '';
    const fallback = headers['x-amz-target'] === undefined ? 'iam' : 'secretsmanager';
    const endpoint = this.#endpoints.get(signedFor) ?? this.#endpoints.get(fallback);
    if (endpoint === undefined) {
      throw new Error('IAM and Secrets Manager are modelled');
    }
    return endpoint.protocol;
  }

  /** Finds out what a request asks for, and who sends it. */
  #arrive(request: WireRequest, callersNow: Date): Arrival {
    const isPost = request.method === 'POST' && request.path === '/';
    if (!isPost && this.#guessProtocol(request).isRest !== true) {
      throw notModelled(`requests other than POST /`);
    }
    const claim = this.#claimOf(request);
    const endpoint = this.#endpoints.get(claim.service);
    if (endpoint === undefined) {
      throw notModelled(`the service ${claim.service}`);
    }
    if (!endpoint.serves(claim.region)) {
      throw notModelled(`${endpoint.name} in ${claim.region}`);
    }
    const { name, service } = endpoint;
    const protocol = request.call === undefined ? endpoint.protocol : handedOver(endpoint.protocol);
    const operationName = protocol.operationOf(request) ?? 'a request without an operation';
    const action = `${name}:${operationName}`;
    const operation = Object.hasOwn(service.operations, operationName)
      ? service.operations[operationName]
      : undefined;
    const { principal, refusal: notAuthenticated } = this.#authenticate(claim, endpoint, callersNow);
    const context = { principal, accessKeyId: claim.accessKeyId, region: claim.region };
    let refusal = notAuthenticated;
    let input: Record<string, unknown> = {};
    let resource = '*';
    if (operation === undefined) {
      refusal ??= notModelled(`the operation ${action}`);
    } else {
      try {
        input = parseInput(
          action,
          operation.parameters,
          protocol.parametersOf(request),
          service.invalidParameter,
        );
        resource = operation.resource(input, context);
      } catch (error) {
        refusal ??= error instanceof ServiceError ? error : undefined;
        if (refusal === undefined) {
          throw error;
        }
      }
    }
    const call: Call = {
      ...this.#log.number(name, action),
      service: name,
      operation: operationName,
      action,
      resource,
      caller: principal.arn,
      accessKeyId: claim.accessKeyId,
      region: claim.region,
      at: this.clock.now(),
      input,
      origin: request.headers[ORIGIN_HEADER],
    };
    const refused: Operation = { parameters: {}, resource: () => '*', handle: () => ({}) };
    return { protocol, service, operation: operation ?? refused, call, context, refusal };
  }

  #claimOf(request: WireRequest): Claim {
    const credential = request.call?.credential;
    if (credential !== undefined) {
      const { accessKeyId, region, service } = credential;
      const verify: Claim['verify'] = (secret, now) => verifyCredential(credential, secret, now);
      return { accessKeyId, region, service, verify };
    }
    const authorization = parseAuthorization(request);
    const { accessKeyId, region, service } = authorization;
    const verify: Claim['verify'] = (secret, now) =>
      this.#verifier.verify(request, authorization, secret, now);
    return { accessKeyId, region, service, verify };
  }

  #authenticate(
    { accessKeyId, region, verify }: Claim,
    { name, protocol }: Endpoint,
    callersNow: Date,
  ): { readonly principal: Principal; readonly refusal?: ServiceError } {
    const now = this.clock.now();
    const key = this.iam.credential(accessKeyId);
    const session = this.#sessions.get(accessKeyId);
    const principal: Principal =
      key === undefined ? (session?.principal ?? UNKNOWN) : { kind: 'user', ...key.user };
    const secret = session?.secret ?? key;
    try {
      const accepted = session !== undefined || key?.authenticatesAt(now, this.behaviour) === true;
      if (secret === undefined || !accepted) {
        throw new AuthenticationFailure(
          'unknownCredentials',
          'The security token included in the request is invalid.',
        );
      }
      verify(secret, callersNow);
    } catch (error) {
      const { code, message, status } = this.#wireError(error, protocol);
      return { principal, refusal: new ServiceError(code, message, status) };
    }
    // IAM API, AccessKeyLastUsed: "most recently used to sign an AWS API request", whatever the answer.
    key?.recordUse({ at: now, service: name === 'cloudwatch' ? 'monitoring' : name, region });
    return { principal };
  }

  async #answer(arrival: Arrival, requestId: string, options: HandleOptions): Promise<WireResponse> {
    const { protocol, call } = arrival;
    const fault = this.faults.take(call);
    const refuse = (error: WireError) => {
      this.#note(call, error.code, true, fault);
      return protocol.error(error, requestId);
    };
    const carryOut = (answered = true) => this.#carryOut(arrival, requestId, answered, fault);
    const failure = {
      ...protocol.commonErrors.internalFailure,
      message: 'The request processing has failed.',
    };
    switch (fault?.kind) {
      case undefined:
        return carryOut();
      case 'before':
        if (fault.as === 'http-500') {
          return refuse(failure);
        }
        this.#note(call, 'ConnectionLost', false, fault);
        throw new ConnectionLost();
      case 'after':
        carryOut(false);
        if (fault.as === 'http-500') {
          return protocol.error(failure, requestId);
        }
        throw new ConnectionLost();
      case 'late':
        this.clock.setTimeout(() => carryOut(false), fault.delayMs);
        throw new ConnectionLost();
      case 'deny':
        return refuse({ ...protocol.commonErrors.accessDenied, message: denialMessage(call, fault.denial) });
      case 'throttle':
        return refuse({ ...protocol.commonErrors.throttling, message: 'Rate exceeded' });
      case 'error':
        return refuse({ code: fault.code, status: fault.status, message: fault.message ?? fault.code });
      case 'delay': {
        const early = fault.effect === 'with-answer' ? undefined : carryOut();
        await this.#wait(fault.ms, options);
        return early ?? carryOut();
      }
      case 'act': {
        if (fault.when !== 'after') {
          fault.act(call);
        }
        const response = carryOut();
        if (fault.when === 'after') {
          fault.act(call);
        }
        return response;
      }
    }
  }

  async #wait(ms: number, { onWait }: HandleOptions): Promise<void> {
    const resume = onWait?.();
    await this.clock.sleep(ms);
    resume?.();
  }

  /** Authorizes a call and lets its service carry it out. */
  #carryOut(
    arrival: Arrival,
    requestId: string,
    answered: boolean,
    fault: FaultInjection | undefined,
  ): WireResponse {
    const { protocol, operation, call, context, refusal } = arrival;
    const { service, action, resource, caller, input } = call;
    let output: Record<string, unknown> | undefined;
    let failure: WireError | undefined;
    try {
      if (refusal !== undefined) {
        throw refusal;
      }
      const free = action === 'sts:GetCallerIdentity';
      // Lambda Developer Guide, "Using source function ARN": it comes with the credentials. AWS does not say
      // whether a service passes it on when it calls another service in the caller's name.
      const { sourceFunctionArn } = this.#sessions.get(context?.accessKeyId ?? '') ?? {};
      const conditions: ConditionValues = {
        ...operation.conditions?.(input),
        ...(sourceFunctionArn !== undefined && { 'lambda:SourceFunctionArn': [sourceFunctionArn] }),
      };
      const request = { caller, service, operation: call.operation, action, resource, conditions };
      const resourcePolicy = arrival.service.resourcePolicy?.(resource);
      const allowed = free || this.#authorize({ ...request, resourcePolicy });
      if (allowed !== true) {
        throw new AuthenticationFailure('accessDenied', denialMessage(call, allowed || NOT_ALLOWED));
      }
      for (const { refusal: refused, ...use } of operation.alsoUses?.(input) ?? []) {
        if (this.#authorize({ ...request, ...use }) !== true) throw refused;
      }
      output = operation.handle(input, context);
    } catch (error) {
      failure = this.#wireError(error, protocol);
    }
    // CloudTrail records only calls of known callers, and nothing that we refuse to model.
    if (operation.trail !== undefined && refusal === undefined) {
      this.cloudTrail.record({
        eventSource: `${service}.amazonaws.com`,
        eventName: call.operation,
        at: this.clock.now(),
        ...context,
        ...operation.trail(input, output),
        ...(failure && { error: failure }),
      });
    }
    this.#note(call, failure?.code ?? 'ok', answered, fault);
    return output === undefined || failure !== undefined
      ? protocol.error(failure ?? { ...protocol.commonErrors.internalFailure, message: '' }, requestId)
      : protocol.success(call.operation, output, requestId);
  }

  #note(call: Call, outcome: string, answered: boolean, fault: FaultInjection | undefined): void {
    this.#log.add(call, outcome, this.clock.now(), answered, fault?.kind);
  }

  #wireError(error: unknown, protocol: WireProtocol): WireError {
    if (error instanceof AuthenticationFailure) {
      return { ...protocol.commonErrors[error.reason], message: error.message };
    }
    if (error instanceof ServiceError) {
      return error;
    }
    throw error;
  }
}
