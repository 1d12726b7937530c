import { AlarmGateway } from '../lambdas/shared/gateways/alarm-gateway';
import { FleetGateway } from '../lambdas/shared/gateways/fleet-gateway';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { ScheduleGateway } from '../lambdas/shared/gateways/schedule-gateway';
import { SecretGateway } from '../lambdas/shared/gateways/secret-gateway';
import type { UserReport } from '../lambdas/survey/decide';
import { lookOnce } from '../lambdas/survey/read';
import { type Deployment, findDeployment, requireEnrolled, requireUser } from './deployment';
import { findExecutions } from './executions';
import { type CommonOptions, patiently, type Surroundings, writeJson } from './shell';
import { checkedInput } from './start';
import { isForPerson, linesOf, rowOf, sorted, tableOf } from './status-rows';
import { writeTable } from './table';
import { EXIT, type Exit } from './trouble';

/** What the survey would say of these users now. */
export const lookAtUsers = (
  { clientConfig, stateMachineArn, enrolled }: Deployment,
  users: Parameters<typeof lookOnce>[1]['users'],
): Promise<readonly UserReport[]> =>
  lookOnce(
    {
      iam: new IamGateway(clientConfig),
      secrets: new SecretGateway(clientConfig),
      fleet: new FleetGateway(clientConfig),
      alarms: new AlarmGateway(clientConfig),
      schedules: new ScheduleGateway(clientConfig),
    },
    { users, stateMachineArn, scheduleGroup: enrolled?.scheduleGroup ?? '' },
  );

/** Where every user stands, or one. */
export const status = async (
  surroundings: Surroundings,
  userName: string | undefined,
  options: CommonOptions,
): Promise<Exit> => {
  const { out, err } = surroundings;
  if (userName !== undefined) checkedInput({ userName });
  const deployment = await findDeployment(surroundings, options);
  const enrolled = requireEnrolled(deployment, surroundings);
  const users = userName === undefined ? enrolled.users : [requireUser(enrolled, userName)];
  const { account, region, name } = deployment;
  err(
    `Looking at ${users.length} user${users.length === 1 ? '' : 's'} of ${name}, account ${account}, ${region} ...\n`,
  );
  const { reports, ended } = await patiently(surroundings, async () => ({
    reports: await lookAtUsers(deployment, users),
    ended: await findExecutions(
      deployment,
      users.map((user) => user.userName),
      (listed) => listed.stoppedAt !== undefined,
    ),
  }));
  const byName = new Map(users.map((user) => [user.userName, user]));
  const now = new Date();
  const rows = sorted(
    reports.flatMap((report) => {
      const user = byName.get(report.userName);
      const last = ended.get(report.userName);
      return user === undefined
        ? []
        : [rowOf(user, report, last && { ...last.described, name: last.name, stoppedAt: last.stoppedAt })];
    }),
  );
  if (options.json === true) writeJson(surroundings, { name, account, region, at: now, users: rows });
  else {
    out(writeTable(tableOf(rows, now), 'table'));
    const lines = linesOf(rows);
    if (lines.length > 0) out(`\n${lines.join('\n')}\n`);
  }
  return rows.some(isForPerson) ? EXIT.look : EXIT.fine;
};
