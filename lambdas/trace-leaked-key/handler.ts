import { safeParse } from '../shared/contract/schema';
import { TRACE_SECONDS } from '../shared/contract/timing';
import { AccountGateway } from '../shared/gateways/account-gateway';
import { AttachedPolicyGateway } from '../shared/gateways/attached-policy-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { KeyEventsGateway } from '../shared/gateways/key-events-gateway';
import { lambdaRuntime, type Runtime, requireSetting, sleep } from '../shared/gateways/runtime';
import { after } from '../shared/rotation/calendar';
import type { ContainedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { Trace } from '../shared/rotation/trace';
import { stepHandler } from '../shared/shell/step-handler';
import { isWorthTelling, traceAgainAt, tracedKeys, traceFrom, traceOf } from './decide';
import { sayTraced } from './words';

interface Gateways {
  readonly executions: ExecutionGateway;
  readonly accounts: AccountGateway;
  readonly keyEvents: KeyEventsGateway;
  readonly attached: AttachedPolicyGateway;
}

/** Where this runs, and where the events of global services are. */
interface Place {
  readonly region: string;
  readonly home: string;
}

/** AWS General Reference: an ARN names the Region and the account. */
const placeIn = (executionArn: string): { readonly region: string; readonly account: string } => {
  const [, , , region = '', account = ''] = executionArn.split(':');
  return { region, account };
};

/** Since when the leaked key is not Active; where it is gone, since the first look at the latest. */
const containedAt = ({ deactivatedAt, trace }: ContainedState, now: Date): Date => {
  const at = deactivatedAt ?? trace?.until;
  return at === undefined ? now : new Date(at);
};

/** Asks everybody at once. */
const look = async (
  { accounts, keyEvents, attached }: Gateways,
  state: ContainedState,
  { region, home }: Place,
  now: Date,
): Promise<Trace> => {
  const accessKeyIds = tracedKeys(state.rotation);
  const from = traceFrom({ containedAt: containedAt(state, now), leakedSince: state.leakedSince }, now);
  const deadline = new Date(now.getTime() + TRACE_SECONDS * 1000);
  const listed = await accounts.regions();
  const regions = [...new Set([home, region, ...(listed ?? [])])];
  const [quarantine, answers] = await Promise.all([
    attached.quarantine(state.userName),
    Promise.all(regions.map((one) => keyEvents.inRegion(one, { accessKeyIds, from, until: now, deadline }))),
  ]);
  return traceOf({
    looks: (state.trace?.looks ?? 0) + 1,
    accessKeyIds,
    from,
    until: now,
    listed: listed !== undefined,
    answers,
    quarantine,
  });
};

/** Of an emergency, once the leaked key is contained: finds out what it did. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const { clientConfig } = runtime;
  const gateways: Gateways = {
    executions: new ExecutionGateway(clientConfig),
    accounts: new AccountGateway(clientConfig),
    keyEvents: new KeyEventsGateway(clientConfig, sleep),
    attached: new AttachedPolicyGateway(clientConfig),
  };

  return stepHandler(STEPS['trace-leaked-key'], runtime, gateways, async ({ state, execution, gateways }) => {
    const home = requireSetting(runtime, 'CLOUDTRAIL_REGION');
    const now = new Date();
    const { region, account } = placeIn(execution.id);
    const trace = await look(gateways, state, { region, home }, now);
    const contained = containedAt(state, now);
    const told = { userName: state.userName, account, containedAt: contained };
    if (state.trace === undefined) {
      const againAt = traceAgainAt(new Date());
      return {
        ...state,
        trace,
        status: 'look-again' as const,
        outcome: sayTraced(trace, { ...told, againAt }),
        tells: 'LeakedKeyTraced' as const,
        waitUntil: againAt.toISOString(),
      };
    }
    return {
      ...state,
      trace,
      status: 'traced' as const,
      outcome: sayTraced(trace, { ...told, againAt: undefined }),
      ...(isWorthTelling(safeParse(Trace, state.trace).data, trace) && { tells: 'LeakedKeyTraced' as const }),
      // As the deactivation has set it: the recovery period's checks are not put off by more than the second look took.
      waitUntil: after(contained, state.settings.healthCheckInterval).toISOString(),
    };
  });
};

export const handler = createHandler(lambdaRuntime());
