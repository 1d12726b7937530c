import { AuditTrailGateway } from '../lambdas/shared/gateways/audit-trail-gateway';
import { type Deployment, findDeployment } from './deployment';
import { RecordsGateway } from './gateways/records';
import { historyTable, type ReadRecord, recordsIn } from './history-rows';
import { type CommonOptions, type Surroundings, writeJson } from './shell';
import { checkedInput } from './start';
import { type Format, writeTable } from './table';
import { EXIT, type Exit, Trouble, troubleOf } from './trouble';

/** What goes with the history. */
export interface HistoryOptions extends CommonOptions {
  readonly since?: string | undefined;
  readonly format: Format;
  readonly auditLogGroup?: string | undefined;
}

const DAY = 86_400_000;
/** CloudTrail User Guide, "Working with CloudTrail event history": the last 90 days. */
const TRAIL_DAYS = 90;
/** CloudTrail API, LookupEvents: two requests a second. More would take a person's time, and the account's quota. */
const MOST_LOOKUPS = 20;

/** What the logical ID of the log group has in it, which CloudFormation makes the name of. */
const RECORDS = 'AuditRecords';

const sinceOf = (text: string | undefined, now: Date): Date => {
  if (text === undefined) return new Date(now.getTime() - TRAIL_DAYS * DAY);
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return new Date(now.getTime() - Number(days) * DAY);
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new Trouble(
      EXIT.misuse,
      `--since ${text}: give a day such as 2026-01-31, a time in ISO 8601, or a number of days such as 30d.`,
    );
  }
  return time;
};

const groupOf = async (records: RecordsGateway, { name }: Deployment): Promise<string> => {
  const found = await records.groupsWith(RECORDS);
  const [only, ...others] = found.length === 1 ? found : found.filter((one) => one.startsWith(`${name}-`));
  if (only !== undefined && others.length === 0) return only;
  throw new Trouble(
    EXIT.misuse,
    `${only === undefined ? 'No log group' : 'More than one log group'} looks like that of the records of ${name}: give --audit-log-group, which is the output AuditLogGroupName of the stack.`,
  );
};

/** Who has started executions of which the record did not know it yet, as far as CloudTrail still does. */
const startersOf = async (
  { clientConfig }: Deployment,
  { err }: Surroundings,
  records: readonly ReadRecord[],
  now: Date,
): Promise<ReadonlyMap<string, string>> => {
  const starters = new Map<string, string>();
  const unknown = records
    .map(({ shown }) => shown)
    .filter(({ startedBy, execution }) => {
      const age =
        execution.startedAt === null
          ? Number.POSITIVE_INFINITY
          : now.getTime() - Date.parse(execution.startedAt);
      return startedBy.identity === null && age < TRAIL_DAYS * DAY;
    });
  if (unknown.length === 0) return starters;
  err(`Asking CloudTrail who has started ${Math.min(unknown.length, MOST_LOOKUPS)} of them ...\n`);
  const trail = new AuditTrailGateway(clientConfig);
  for (const { execution } of unknown.slice(0, MOST_LOOKUPS)) {
    try {
      const answer = await trail.starterOf(execution.arn, new Date(execution.startedAt ?? 0));
      if (answer.kind === 'shown') starters.set(execution.arn, answer.starter.identity);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined) throw error;
      err(`CloudTrail was not read: ${trouble.message}\n`);
      break;
    }
  }
  return starters;
};

/** The records for auditors. */
export const history = async (
  surroundings: Surroundings,
  userName: string | undefined,
  options: HistoryOptions,
): Promise<Exit> => {
  if (userName !== undefined) checkedInput({ userName });
  const now = new Date();
  const since = sinceOf(options.since, now);
  const deployment = await findDeployment(surroundings, options);
  const gateway = new RecordsGateway(deployment.clientConfig);
  const group = options.auditLogGroup ?? (await groupOf(gateway, deployment));
  surroundings.err(`Reading the records since ${since.toISOString()} in ${group} ...\n`);
  const { records, odd } = recordsIn(await gateway.read(group, since, userName));
  if (odd > 0) surroundings.err(`${odd} of the records are not understood by this release, and left out.\n`);
  const starters = await startersOf(deployment, surroundings, records, now);
  const format = options.json === true ? 'json' : options.format;
  if (format === 'json') {
    const all = records.map(({ whole, shown }) => ({
      ...(whole as object),
      startedByNow: starters.get(shown.execution.arn) ?? null,
    }));
    writeJson(surroundings, all);
  } else surroundings.out(writeTable(historyTable(records, starters), format));
  return odd > 0 ? EXIT.look : EXIT.fine;
};
