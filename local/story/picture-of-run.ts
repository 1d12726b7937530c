import type { ConsumerLane, ExecutionLane, KeyLane, LabelLane, PictureData, Span } from '../../picture/data';
import { waitsAndChecks } from '../../picture/executions';
import { brief } from '../../picture/scale';
import { merged } from '../../picture/spans';
import type { Execution } from '../engine/execution';
import type { Application } from '../world/consumer';
import type { RotationRun, Sighting } from './rotation-run';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A consumer that has not called for so long does nothing. Those of the stories call every five minutes. */
const AT_REST_MS = 10 * MINUTE;

/** What each sighting shows of something, until the next one. */
const spansOf = <T extends object>(
  sightings: readonly Sighting[],
  end: Date,
  shown: (sighting: Sighting) => T | undefined,
): readonly (Span & T)[] =>
  sightings.flatMap((sighting, index) => {
    const found = shown(sighting);
    return found === undefined ? [] : [{ from: sighting.at, to: sightings[index + 1]?.at ?? end, ...found }];
  });

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** The old key is the one that consumers had, and the new one the one that they have, or were to have. */
const rolesOf = ({ document, sightings }: RotationRun): PictureData['roles'] => {
  const before = document.keysBefore.map(({ accessKeyId }) => accessKeyId);
  const seen = [...sightings.map(({ keys }) => keys), document.keysAfter];
  const created = seen
    .flatMap((keys) => keys.map(({ accessKeyId }) => accessKeyId))
    .filter((id) => !before.includes(id));
  const old = document.previousAccessKeyId ?? before[0];
  const brought = created.find((id) => id === document.secret.stages.AWSCURRENT) ?? created.at(-1);
  return { ...(old && { [old]: 'old' as const }), ...(brought && { [brought]: 'new' as const }) };
};

/** Undefined if the sightings have missed something: then the user was not here, but at an endpoint. */
const keysOf = (run: RotationRun, { from, to }: Span): readonly KeyLane[] | undefined => {
  const { sightings, document } = run;
  const listed = (keys: Sighting['keys']): string =>
    keys.map(({ accessKeyId, status }) => `${accessKeyId} ${status}`).join();
  if (listed(sightings.at(-1)?.keys ?? []) !== listed(document.keysAfter)) return undefined;
  if (listed(sightings[0]?.keys ?? []) !== listed(document.keysBefore)) return undefined;
  const ids = unique(sightings.flatMap(({ keys }) => keys.map(({ accessKeyId }) => accessKeyId)));
  return ids.map((accessKeyId) => ({
    accessKeyId,
    spans: merged(
      spansOf(sightings, to, ({ keys }) => keys.find((key) => key.accessKeyId === accessKeyId)).map(
        ({ status, ...span }) => ({ status, from: span.from > from ? span.from : from, to: span.to }),
      ),
      ({ status }) => status,
    ),
  }));
};

const labelsOf = ({ sightings }: RotationRun, { to }: Span): readonly LabelLane[] | undefined => {
  if (sightings.some(({ labels }) => labels === undefined)) return undefined;
  const names = unique(sightings.flatMap(({ labels = [] }) => labels.map(({ label }) => label)));
  return names.sort().map((label) => ({
    label,
    spans: merged(
      spansOf(sightings, to, ({ labels = [] }) => labels.find((one) => one.label === label)).map(
        ({ from, to: until, keyId, words }) => ({
          from,
          to: until,
          accessKeyId: keyId ?? undefined,
          holds: words,
        }),
      ),
      ({ holds }) => holds,
    ),
  }));
};

const consumerOf = ({ name, runs }: Application): ConsumerLane => ({
  name,
  spans: runs.map((run, index) => {
    const next = runs[index + 1]?.from;
    const atRest = next === undefined || next.getTime() - run.to.getTime() > AT_REST_MS;
    return { ...run, to: atRest ? run.to : next };
  }),
});

interface StateEvent {
  readonly type: string;
  readonly at: string;
  readonly state?: { readonly name: string };
}

const actionOf = (input: unknown): string => (input as { readonly action?: string }).action ?? 'rotation';

const laneOf = (
  { input, startDate, history, timeline }: Execution,
  { status, error, finishedAt }: RotationRun['document']['executions'][number],
): ExecutionLane => {
  const action = actionOf(input);
  const to = new Date(finishedAt);
  const events = history as unknown as readonly StateEvent[];
  const entered = events.filter(({ type }) => type === 'StateEntered');
  const end: Readonly<Record<string, string>> = {
    SUCCEEDED: timeline.at(-1)?.state ?? 'The execution succeeds',
    ABORTED: `The ${action} is stopped`,
  };
  return {
    name: action,
    from: startDate,
    to,
    end: end[status] ?? `The ${action} fails: ${error ?? status}`,
    failed: status === 'FAILED' || status === 'TIMED_OUT',
    ...waitsAndChecks(
      entered.map(({ at, state }) => ({ name: state?.name ?? '', at: new Date(at) })),
      to,
    ),
  };
};

const callsOf = ({ document: { consumer } }: RotationRun): readonly string[] => {
  const { calls, failures } = consumer;
  if (calls === 0) return [];
  return [failures === 0 ? 'no call failed' : `${failures} of ${calls} calls failed`];
};

/** How long the last emergency took until the leaked key was Inactive; undefined if there was none, or nobody knows. */
const inactiveAfter = (run: RotationRun, keys: readonly KeyLane[] | undefined): string | undefined => {
  const emergency = run.executions.findLast(({ input }) => actionOf(input) === 'emergency');
  if (emergency === undefined) return undefined;
  const { accessKeyId: leaked } = emergency.input as { readonly accessKeyId?: string };
  const inactive = keys
    ?.find(({ accessKeyId }) => accessKeyId === leaked)
    ?.spans.find(({ status, from }) => status === 'Inactive' && from >= emergency.startDate);
  if (inactive === undefined) return undefined;
  return brief(Math.max(SECOND, inactive.from.getTime() - emergency.startDate.getTime()));
};

/** How the story went, in a few words. */
const verdictOf = (run: RotationRun, keys: readonly KeyLane[] | undefined): string => {
  const { document } = run;
  const { status, error, startedAt, finishedAt, keysAfter } = document;
  const last = run.executions.at(-1)?.timeline.at(-1)?.state ?? status;
  const took = brief(Date.parse(finishedAt) - Date.parse(startedAt));
  const active = keysAfter.filter((key) => key.status === 'Active').length;
  const left = active === 2 ? ['both keys Active'] : [];
  const broughtBack = keys?.some(({ spans }) =>
    spans.some(({ status: now }, index) => now === 'Active' && spans[index - 1]?.status === 'Inactive'),
  );
  if (broughtBack === true) {
    const how = status === 'SUCCEEDED' ? ['rolled back', ...left] : [`rolled back after ${error ?? status}`];
    return [...how, ...callsOf(run)].join(', ');
  }
  if (status !== 'SUCCEEDED') return [`failed with ${error ?? status}`, ...left, ...callsOf(run)].join(', ');
  if (last !== 'Rotation complete') return [last.toLowerCase(), ...callsOf(run)].join(', ');
  const first = document.keysBefore.length === 0;
  const leakGone = inactiveAfter(run, keys);
  const done =
    leakGone === undefined
      ? `${first ? 'first key made' : 'rotated'} in ${took}`
      : `leaked key Inactive within ${leakGone}`;
  return [done, ...callsOf(run)].join(', ');
};

/** What a picture shows of a story that was played here. */
export const pictureOf = (run: RotationRun): PictureData => {
  const { document, consumers, executions, sightings, timeline } = run;
  const from = sightings[0]?.at ?? new Date(document.startedAt);
  const to = sightings.at(-1)?.at ?? new Date(document.finishedAt);
  const span = { from, to };
  const keys = keysOf(run, span);
  const labels = labelsOf(run, span);
  return {
    ...span,
    userName: document.userName,
    verdict: verdictOf(run, keys),
    roles: rolesOf(run),
    keys,
    labels,
    consumers: consumers.map(consumerOf),
    executions: executions.flatMap((execution, index) => {
      const told = document.executions[index];
      return told === undefined ? [] : [laneOf(execution, told)];
    }),
    // An endpoint that has the secret has the topic, too.
    messages: labels && document.messages.map(({ at, subject }) => ({ at: new Date(at), subject })),
    remarks: timeline
      .filter(({ kind }) => kind === 'story')
      .map(({ at, outcome }) => ({ at, text: outcome })),
    notes: [],
  };
};
