import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  paginateDescribeAlarmHistory,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import * as z from 'zod/mini';
import { sleep } from './runtime';
import { isTransient } from './service-errors';

/** What an alarm did since a certain time. */
export interface AlarmHistory {
  /** When it went off, the oldest first. */
  readonly wentOffAt: readonly Date[];
  /** When it changed in a way that cannot be understood. */
  readonly unclearAt: readonly Date[];
}

/** What there is to read of an alarm. */
export type AlarmReading = { readonly name: string } & (
  | {
      readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
      /** Absent when nobody asked. */
      readonly history?: AlarmHistory;
    }
  /** There is no alarm of that name. */
  | { readonly state: 'missing' }
  /** CloudWatch does not answer. `lasting`: it will not by itself, as when permission is missing. */
  | { readonly state: 'unreadable'; readonly problem: string; readonly lasting: boolean }
);

/** Of an alarm that changes more often than 2,000 times in the time asked for, nothing is known. */
const MAX_HISTORY_PAGES = 20;
const HISTORY_PAGE_SIZE = 100;
const TOO_LONG = { state: 'unreadable', problem: 'it changes too often', lasting: true } as const;

/** A function has 120 seconds, and a call that gets no answer may take 30 of them. What is not read by then is not known. */
const BUDGET_SECONDS = 45;
const TOO_SLOW = { state: 'unreadable', problem: 'AWS answers too slowly', lasting: false } as const;

/** How long to wait before each round. Of many alarms AWS throttles some: those are read again. */
const PAUSES_SECONDS = [0, 2, 4];

interface Look {
  /** From when on the history is read; undefined: it is not. */
  readonly since: Date | undefined;
  readonly giveUpAt: number;
}

/** Whether another round may find out more. */
const mayPass = (reading: AlarmReading | undefined): boolean =>
  reading === undefined || (reading.state === 'unreadable' && !reading.lasting);

const changed = z.object({ newState: z.object({ stateValue: z.string() }) });

/**
 * The state that an alarm came into, by an item of its history; undefined when the item does not say so. HistoryData is
 * text that AWS cuts at 4,095 characters, and then no JSON any more.
 */
const newStateOf = (historyData = '', historySummary = ''): string | undefined => {
  try {
    return changed.parse(JSON.parse(historyData)).newState.stateValue;
  } catch {
    return / to (OK|ALARM|INSUFFICIENT_DATA)\b/.exec(historySummary)?.[1];
  }
};

/**
 * The only place that calls CloudWatch. One alarm per call: a call that names several may be judged by `*`, which the
 * steps' permissions do not have. And metric alarms only: composite ones can be read by permission on every alarm of
 * the account, and no other (CloudWatch API, DescribeAlarms, DescribeAlarmHistory).
 */
export class AlarmGateway {
  private readonly client: CloudWatchClient;

  constructor(config: CloudWatchClientConfig) {
    this.client = new CloudWatchClient(config);
  }

  /** Each of these alarms, in the order asked. Never fails: what cannot be read is an answer, too. */
  read(names: readonly string[]): Promise<readonly AlarmReading[]> {
    return this.readAll(names, undefined);
  }

  /** The same, with what each did since then. */
  readSince(names: readonly string[], since: Date): Promise<readonly AlarmReading[]> {
    return this.readAll(names, since);
  }

  private async readAll(names: readonly string[], since: Date | undefined): Promise<readonly AlarmReading[]> {
    const giveUpAt = Date.now() + BUDGET_SECONDS * 1000;
    const readings = new Map<string, AlarmReading>();
    for (const pause of PAUSES_SECONDS) {
      const open = names.filter((name) => mayPass(readings.get(name)));
      if (open.length === 0) break;
      await sleep(pause * 1000);
      for (const name of open) readings.set(name, await this.attempt(name, { since, giveUpAt }));
    }
    return names.flatMap((name) => readings.get(name) ?? []);
  }

  private async attempt(name: string, look: Look): Promise<AlarmReading> {
    try {
      return await this.readOne(name, look);
    } catch (error) {
      const problem = error instanceof Error ? error.name : 'an unknown error';
      return { name, state: 'unreadable', problem, lasting: !isTransient(error) };
    }
  }

  private async readOne(name: string, look: Look): Promise<AlarmReading> {
    if (Date.now() >= look.giveUpAt) return { ...TOO_SLOW, name };
    // The history first: what happens between the two calls shows in the state, or has come and gone within them.
    const history = look.since === undefined ? undefined : await this.history(name, look.since, look);
    if (history !== undefined && 'problem' in history) return { ...history, name };
    const pages = paginateDescribeAlarms(
      { client: this.client },
      { AlarmNames: [name], AlarmTypes: ['MetricAlarm'] },
    );
    for await (const { MetricAlarms = [] } of pages) {
      const state = MetricAlarms.find(({ AlarmName }) => AlarmName === name)?.StateValue;
      if (state === 'OK' || state === 'ALARM' || state === 'INSUFFICIENT_DATA') {
        return { name, state, ...(history !== undefined && { history }) };
      }
    }
    return { name, state: 'missing' };
  }

  private async history(
    name: string,
    since: Date,
    { giveUpAt }: Look,
  ): Promise<AlarmHistory | typeof TOO_LONG | typeof TOO_SLOW> {
    const wentOffAt: Date[] = [];
    const unclearAt: Date[] = [];
    let pagesRead = 0;
    const pages = paginateDescribeAlarmHistory(
      { client: this.client, pageSize: HISTORY_PAGE_SIZE },
      {
        AlarmName: name,
        AlarmTypes: ['MetricAlarm'],
        HistoryItemType: 'StateUpdate',
        StartDate: since,
        ScanBy: 'TimestampAscending',
      },
    );
    for await (const { AlarmHistoryItems = [] } of pages) {
      pagesRead += 1;
      if (pagesRead > MAX_HISTORY_PAGES) return TOO_LONG;
      if (Date.now() >= giveUpAt) return TOO_SLOW;
      for (const { Timestamp, HistoryData, HistorySummary } of AlarmHistoryItems) {
        const state = newStateOf(HistoryData, HistorySummary);
        // Without a time it may have been at any: since the asked time, for all that is known.
        if (state === undefined || Timestamp === undefined) unclearAt.push(Timestamp ?? new Date());
        else if (state === 'ALARM') wentOffAt.push(Timestamp);
      }
    }
    return { wentOffAt, unclearAt };
  }
}
