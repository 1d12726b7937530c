import type { Call } from '../../embedded-aws/calls/call-log';
import { NOT_ALLOWED } from '../../embedded-aws/calls/denial';
import { LABELS } from '../../lambdas/shared/contract/names';
import { accessKeyDocument } from '../../lambdas/shared/secret/key-document';
import type { Execution } from '../../local/engine/execution';
import type { RunningInvocation } from '../../local/engine/lambda-service';
import type { RotationWorld } from '../../local/world/base-world';
import type { Strike } from '../../local/world/environment';
import { type Act, type Fault, forgotten, nameOf } from '../schedule/schedule';
import { ALARM, MINUTE, markForOther, removeMark, SECOND, SECRET, STRANGER, USER } from '../schedule/setting';
import type { Monitor } from './monitor';

/** What happens to the function that makes the call; undefined for a fault that affects something else. */
const BEFALLS: Readonly<Record<Fault['kind'], ((invocation: RunningInvocation) => void) | undefined>> = {
  dies: (invocation) => invocation.die(),
  hangs: (invocation) => invocation.hang(),
  unobserved: (invocation) => invocation.lose(),
  'late-after-death': (invocation) => invocation.die(),
  'late-after-stop': (invocation) => invocation.die(),
  fails: undefined,
  'answer-lost': undefined,
  late: undefined,
  throttled: undefined,
  denied: undefined,
  'kms-denied': undefined,
  slow: undefined,
  paused: undefined,
  'not-run': undefined,
  stopped: undefined,
  redriven: undefined,
  'second-start': undefined,
  'key-refused': undefined,
  outage: undefined,
  person: undefined,
};

/**
 * Whether the caller is a function, under its role: a user's own key, and the state machine, have other
 * policies.
 */
const isOfAFunction = ({ service, action }: Call): boolean =>
  service !== 'sns' && service !== 'events' && action !== 'sts:GetCallerIdentity';

/** Whether Secrets Manager reads or stores a value for a call. */
const usesTheKmsKey = ({ operation }: Call): boolean =>
  operation === 'GetSecretValue' || operation === 'PutSecretValue';

const isLate = ({ kind }: Fault): boolean => kind === 'late-after-death' || kind === 'late-after-stop';

/** Makes the faults of a schedule happen. */
export class Saboteur {
  readonly struck: string[] = [];
  /** Executions that faults have started, by hand or by redriving. */
  readonly started: Execution[] = [];
  acted = false;
  /** Faults that act through the functions, until they have happened. */
  readonly #strikes = new Map<number, Fault>();
  readonly #pauses = new Map<number, Extract<Fault, { readonly kind: 'paused' }>>();
  #notRun = 0;
  readonly #faults: readonly Fault[];
  #world: RotationWorld | undefined;
  #monitor: Monitor | undefined;
  /** By run. */
  readonly #executions = new Map<string, Execution>();
  #stopped = false;
  #outage = false;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
    for (const fault of faults) {
      if (fault.kind === 'paused') this.#pauses.set(fault.at, fault);
      else if (BEFALLS[fault.kind] !== undefined) this.#strikes.set(fault.at, fault);
    }
  }

  /** What happens to the function that makes a call. */
  readonly interceptRequest = (sequence: number): Strike | undefined => {
    if (this.#stopped) return undefined;
    const fault = this.#strikes.get(sequence);
    if (fault === undefined) return undefined;
    this.#strikes.delete(sequence);
    const befall = (invocation: RunningInvocation): void => {
      // The late effect has already been recorded.
      if (!isLate(fault)) this.#strike(fault);
      if (fault.kind === 'late-after-stop') this.#stop(invocation.run ?? invocation.executionArn);
      BEFALLS[fault.kind]?.(invocation);
    };
    const when = fault.kind === 'dies' || fault.kind === 'hangs' ? fault.when : 'before';
    return { when: isLate(fault) ? 'after' : when, befall };
  };

  /** How long a function pauses before it makes a call, in milliseconds. */
  pauseBefore(sequence: number): number {
    const fault = this.#stopped ? undefined : this.#pauses.get(sequence);
    if (fault === undefined) return 0;
    // Meanwhile, other functions make this call and the next ones.
    this.#pauses.delete(sequence);
    this.#strike(fault);
    return fault.seconds * SECOND;
  }

  readonly interceptInvocation = () => {
    if (this.#notRun === 0) return undefined;
    this.#notRun -= 1;
    return { kind: 'refuse' } as const;
  };

  attach(world: RotationWorld, monitor: Monitor): void {
    this.#world = world;
    this.#monitor = monitor;
    for (const fault of this.#faults) this.#inject(fault);
  }

  /** How many executions are running. */
  get running(): number {
    return [...this.#executions.values()].filter(({ status }) => status === 'RUNNING').length;
  }

  /** An execution that an operator may stop. */
  watch(execution: Execution): Execution {
    this.#executions.set(execution.run, execution);
    return execution;
  }

  /** From now on nothing goes wrong. */
  stop(): void {
    this.#stopped = true;
    this.#notRun = 0;
    this.#world?.aws.faults.clear();
    this.#recover();
  }

  /** Consumers fail for a while. If their alarm is already on, it does not go off. */
  #outageIn(delayMs: number, lengthMs: number): void {
    const { aws, clock } = this.#required();
    clock.setTimeout(() => {
      if (this.#stopped || this.#monitor?.alarmed !== false || this.#outage) return;
      this.#outage = true;
      aws.cloudWatch.setAlarmState(ALARM, 'ALARM');
      this.#monitor.wentOffAt.push(clock.now().getTime());
      clock.setTimeout(() => this.#recover(), lengthMs);
    }, delayMs);
  }

  #recover(): void {
    if (this.#outage && this.#monitor?.alarmed === false) {
      this.#required().aws.cloudWatch.setAlarmState(ALARM, 'OK');
    }
    this.#outage = false;
  }

  #strike(fault: Fault): void {
    this.struck.push(nameOf(fault));
  }

  #inject(fault: Fault): void {
    const { aws } = this.#required();
    const match = (call: Call): boolean => call.sequence === fault.at;
    const then = <T>(value: T): T => {
      this.#strike(fault);
      return value;
    };
    const act = (perform: (call: Call) => void, when: 'before' | 'after' = 'before') =>
      aws.faults.inject({ kind: 'act', match, when, act: (call) => then(perform(call)) });
    const matchThen = (call: Call): boolean => match(call) && then(true);
    switch (fault.kind) {
      case 'fails':
        aws.faults.inject({ kind: 'before', as: fault.as, match: matchThen });
        break;
      case 'answer-lost':
        aws.faults.inject({ kind: 'after', as: fault.as, match: matchThen });
        break;
      case 'late':
      case 'late-after-death':
      case 'late-after-stop':
        aws.faults.inject({ kind: 'late', delayMs: fault.seconds * SECOND, match: matchThen });
        break;
      case 'throttled': {
        let until: number | undefined;
        let action: string | undefined;
        aws.faults.inject({
          kind: 'throttle',
          times: Number.POSITIVE_INFINITY,
          match: (call) => {
            if (match(call)) {
              then(true);
              action = call.action;
              until = call.at.getTime() + fault.seconds * SECOND;
              return true;
            }
            return until !== undefined && call.action === action && call.at.getTime() < until;
          },
        });
        break;
      }
      case 'denied':
      case 'kms-denied': {
        let until: number | undefined;
        const concerns = fault.kind === 'denied' ? isOfAFunction : usesTheKmsKey;
        aws.faults.inject({
          kind: 'deny',
          denial: fault.kind === 'denied' ? NOT_ALLOWED : { by: 'KMS key' },
          times: Number.POSITIVE_INFINITY,
          match: (call) => {
            if (match(call)) {
              then(true);
              until = call.at.getTime() + fault.seconds * SECOND;
            }
            return until !== undefined && call.at.getTime() < until && concerns(call);
          },
        });
        break;
      }
      case 'slow':
        aws.faults.inject({ kind: 'delay', ms: fault.seconds * SECOND, match: matchThen });
        break;
      case 'key-refused':
        aws.faults.inject({
          kind: 'error',
          code: 'InvalidClientTokenId',
          status: 403,
          match: (call) => match(call) && call.operation === 'GetCallerIdentity' && then(true),
        });
        break;
      case 'outage':
        act(() => this.#outageIn(MINUTE, fault.seconds * SECOND));
        break;
      case 'not-run':
        act(() => {
          this.#notRun += 1;
        });
        break;
      case 'stopped':
        act(({ origin }) => this.#stop(origin), fault.when);
        break;
      case 'redriven':
        act(({ origin }) => {
          const execution = this.#stop(origin);
          const { clock, stateMachine } = this.#required();
          clock.setTimeout(() => {
            // It cannot be redriven either if another execution has its name.
            if (execution === undefined || execution.status === 'SUCCEEDED') return;
            if (stateMachine.isLatest(execution)) {
              this.started.push(this.watch(stateMachine.redrive(execution)));
            }
          }, fault.seconds * SECOND);
        });
        break;
      case 'second-start':
        act(() => {
          for (let count = 0; count < fault.times; count += 1) {
            const input = { userName: USER, trigger: fault.trigger };
            if (fault.trigger === 'manual') this.#monitor?.takeCharge();
            const { aws, startExecution } = this.#required();
            // It begins by Step Functions' clock, and not by that of the host whose request it is beside.
            this.started.push(this.watch(aws.clock.onHost(0, () => startExecution(input))));
          }
        });
        break;
      case 'person':
        act(() => {
          this.acted = true;
          this.#act(fault.act);
          this.#monitor?.excuse();
        }, fault.when);
        break;
      case 'dies':
      case 'hangs':
      case 'unobserved':
      case 'paused':
        // These affect the function.
        break;
      default:
        forgotten(fault);
    }
  }

  #required(): RotationWorld {
    if (this.#world === undefined) throw new Error('The saboteur is not attached to a world');
    return this.#world;
  }

  #stop(origin: string | undefined): Execution | undefined {
    const execution =
      (origin === undefined ? undefined : this.#executions.get(origin)) ??
      [...this.#executions.values()].findLast(({ status }) => status === 'RUNNING');
    execution?.stop();
    this.#monitor?.takeCharge(execution?.run);
    return execution;
  }

  #act(act: Act): void {
    const { aws } = this.#required();
    const { iam, secretsManager } = aws;
    const secret = secretsManager.secret(SECRET);
    const readable = secret !== undefined && secret.deletedDate === undefined;
    const current = this.#monitor?.current;
    const keys = iam.keysOf(USER);
    const [oldest, newest] = keys;
    const hasRoom = keys.length < 2;
    const setStatus = (key: (typeof keys)[number] | undefined, status: 'Active' | 'Inactive') => {
      if (key !== undefined) iam.setStatus(key.accessKeyId, status);
    };
    const remove = (key: (typeof keys)[number] | undefined) => {
      if (key !== undefined) iam.removeAccessKey(key.accessKeyId);
    };
    const edit = (change: (text: string) => string) => {
      if (readable) secretsManager.edit(SECRET, change);
    };
    const put = (key: ReturnType<typeof iam.addAccessKey>) =>
      secretsManager.putValue(SECRET, accessKeyDocument(key));
    const perform: Readonly<Record<Act, () => void>> = {
      'deactivate-old-key': () => setStatus(oldest, 'Inactive'),
      'deactivate-new-key': () => setStatus(newest, 'Inactive'),
      'reactivate-old-key': () => setStatus(oldest, 'Active'),
      'delete-old-key': () => remove(oldest),
      'delete-new-key': () => remove(newest),
      'create-key': () => {
        if (hasRoom) iam.addAccessKey(USER);
      },
      'edit-field': () => edit((text) => JSON.stringify({ ...JSON.parse(text), Owner: 'edited' })),
      'put-old-key-back': () => {
        const other = keys.find(({ accessKeyId }) => accessKeyId !== current);
        const secretAccessKey = other && iam.credential(other.accessKeyId)?.secretAccessKey;
        if (readable && other !== undefined && secretAccessKey !== undefined) {
          put({ ...other, secretAccessKey });
        }
      },
      'put-own-key': () => {
        if (readable && hasRoom) put(iam.addAccessKey(USER));
      },
      'put-strangers-key': () => {
        if (!readable) return;
        if (iam.user(STRANGER) === undefined) iam.addUser({ userName: STRANGER });
        const [{ accessKeyId, secretAccessKey } = iam.addAccessKey(STRANGER)] = iam.keysOf(STRANGER);
        // Nothing in it names its owner.
        const document = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
        secretsManager.putValue(SECRET, JSON.stringify(document));
      },
      'empty-secret': () => edit(() => '{}'),
      'schedule-deletion': () => {
        if (readable) secretsManager.scheduleDeletion(SECRET);
      },
      'remove-lock': () => {
        if (secret?.versions.some(({ labels }) => labels.includes(LABELS.pending)) === true) {
          secretsManager.moveLabel(SECRET, LABELS.pending);
        }
      },
      'mark-for-other': () => markForOther(aws),
      'remove-mark': () => {
        removeMark(aws);
        // It is no longer possible to tell that it is the other stack's.
        this.#monitor?.elsewhere.clear();
      },
      'remove-secret': () => {
        if (secret !== undefined) secretsManager.removeSecret(SECRET);
      },
    };
    perform[act]();
  }
}
