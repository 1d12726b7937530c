import { AuditTrailGateway } from '../lambdas/shared/gateways/audit-trail-gateway';
import { sleep } from '../lambdas/shared/gateways/runtime';
import { type Deployment, findDeployment } from './deployment';
import { RecordsGateway } from './gateways/records';
import { historyPicture, type PictureOptions, pictureFile } from './history-picture';
import { historyTable, type ReadRecord, recordsIn } from './history-rows';
import { type CommonOptions, patiently, type Surroundings, writeJson } from './shell';
import { checkedInput } from './start';
import { type Format, writeTable } from './table';
import { EXIT, type Exit, Trouble, troubleOf } from './trouble';

/** What goes with the history. */
export interface HistoryOptions extends CommonOptions {
  readonly since?: string | undefined;
  readonly format: Format;
  readonly auditLogGroup?: string | undefined;
  readonly picture?: string | undefined;
  readonly execution?: string | undefined;
}

const DAY = 86_400_000;
/** CloudTrail User Guide, "Working with CloudTrail event history": the last 90 days. */
const TRAIL_DAYS = 90;
/** CloudTrail API, LookupEvents: two requests a second. More would take a person's time, and the account's quota. */
const MOST_LOOKUPS = 20;
const PACE_MS = 700;

/** What the logical ID of the log group has in it, which CloudFormation makes the name of. */
const RECORDS = 'AuditRecords';

const sinceOf = (text: string | undefined, now: Date): Date => {
  if (text === undefined) return new Date(now.getTime() - TRAIL_DAYS * DAY);
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return new Date(Math.max(0, now.getTime() - Number(days) * DAY));
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : undefined;
  // JavaScript takes the 31st of February for a day in March.
  const isDay = new Date(text.slice(0, 10)).toJSON()?.slice(0, 10) === text.slice(0, 10);
  if (time === undefined || Number.isNaN(time.getTime()) || !isDay) {
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

/** An execution, and when it began; null: nobody knows. */
interface Started {
  readonly arn: string;
  readonly startedAt: string | null;
}

/**
 * Executions of which the record does not know who has started them. Of a start by schedule of which nothing came, the record has not
 * asked: there is one for each user every day.
 */
const unseenIn = (records: readonly ReadRecord[]): readonly Started[] =>
  records
    .map(({ shown }) => shown)
    .filter(({ startedBy }) => startedBy.identity === null && startedBy.evidence !== 'not-asked')
    .map(({ execution }) => execution);

/** Who has started executions of which the record did not know it yet, as far as CloudTrail still does. */
const startersOf = async (
  { clientConfig }: Deployment,
  { err }: Surroundings,
  executions: readonly Started[],
  now: Date,
): Promise<ReadonlyMap<string, string>> => {
  const starters = new Map<string, string>();
  const unknown = executions.filter(
    ({ startedAt }) => startedAt !== null && now.getTime() - Date.parse(startedAt) < TRAIL_DAYS * DAY,
  );
  if (unknown.length === 0) return starters;
  const count = `${Math.min(unknown.length, MOST_LOOKUPS)}${unknown.length > MOST_LOOKUPS ? `, the youngest of ${unknown.length},` : ''}`;
  err(`Asking CloudTrail who has started ${count} of them ...\n`);
  const trail = new AuditTrailGateway(clientConfig);
  for (const [index, { arn, startedAt }] of unknown.slice(0, MOST_LOOKUPS).entries()) {
    try {
      if (index > 0) await sleep(PACE_MS);
      const answer = await trail.starterOf(arn, new Date(startedAt ?? 0));
      if (answer.kind === 'shown') starters.set(arn, answer.starter.identity);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined) throw error;
      err(`CloudTrail was not read: ${trouble.message}\n`);
      break;
    }
  }
  return starters;
};

/** The records since then, of a user or of all. */
const readRecords = async (
  deployment: Deployment,
  { err }: Surroundings,
  since: Date,
  {
    userName,
    auditLogGroup,
  }: { readonly userName: string | undefined } & Pick<HistoryOptions, 'auditLogGroup'>,
): Promise<ReturnType<typeof recordsIn>> => {
  const gateway = new RecordsGateway(deployment.clientConfig);
  const group = auditLogGroup ?? (await groupOf(gateway, deployment));
  err(`Reading the records since ${since.toISOString()} in ${group} ...\n`);
  const found = recordsIn(await gateway.read(group, since, userName));
  if (found.odd > 0) err(`${found.odd} of the records are not understood by this release, and left out.\n`);
  return found;
};

/** A picture is drawn of what there is: also without the records, as long as Step Functions has the execution. */
const draw = async (
  surroundings: Surroundings,
  userName: string,
  options: HistoryOptions & PictureOptions,
  { deployment, since, now }: Looking,
): Promise<Exit> => {
  const notes: string[] = [];
  let read: ReturnType<typeof recordsIn> = { records: [], odd: 0 };
  try {
    read = await readRecords(deployment, surroundings, since, { ...options, userName });
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === undefined) throw error;
    surroundings.err(`The records were not read: ${trouble.message}\n`);
    notes.push('The records for auditors were not read: what is older than 90 days is not known.');
  }
  return historyPicture(surroundings, userName, options, {
    ...{ ...read, deployment, notes },
    startersOf: (executions) => startersOf(deployment, surroundings, executions, now),
  });
};

const checkOptions = (
  surroundings: Surroundings,
  userName: string | undefined,
  { picture, execution }: HistoryOptions,
): void => {
  if (userName !== undefined) checkedInput({ userName });
  if (picture === undefined && execution !== undefined)
    throw new Trouble(EXIT.misuse, '--execution goes with --picture: it says which rotation is drawn.');
  if (picture === undefined) return;
  if (userName === undefined)
    throw new Trouble(EXIT.misuse, '--picture draws one rotation: say of which user.');
  pictureFile(surroundings, picture);
};

/** What is looked at, and as of when. */
interface Looking {
  readonly deployment: Deployment;
  readonly since: Date;
  readonly now: Date;
}

const look = async (
  surroundings: Surroundings,
  userName: string | undefined,
  options: HistoryOptions,
  { deployment, since, now }: Looking,
): Promise<Exit> => {
  const { picture } = options;
  if (picture !== undefined && userName !== undefined)
    return draw(surroundings, userName, { ...options, picture }, { deployment, since, now });
  const { records, odd } = await readRecords(deployment, surroundings, since, { ...options, userName });
  const starters = await startersOf(deployment, surroundings, unseenIn(records), now);
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

/** The records for auditors, as a list; or a rotation, as a picture. */
export const history = async (
  surroundings: Surroundings,
  userName: string | undefined,
  options: HistoryOptions,
): Promise<Exit> => {
  checkOptions(surroundings, userName, options);
  const now = new Date();
  const since = sinceOf(options.since, now);
  const deployment = await findDeployment(surroundings, options);
  return patiently(surroundings, () => look(surroundings, userName, options, { deployment, since, now }));
};
