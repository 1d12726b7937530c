import type { Health, Silence } from '../findings/health';
import type { NoVerdict, Verdict } from '../rotation/verdict';
import { bounded, someOf } from '../text/bounded';

const timesOf = (count: number): string => (count === 1 ? 'once' : `${count} times`);

const whySilent = (silence: Silence): string => {
  switch (silence.code) {
    case 'unreadable':
      return `cannot be read: ${silence.problem}`;
    case 'missing':
      return 'there is no such metric alarm';
    case 'insufficient-data':
      return 'INSUFFICIENT_DATA';
    case 'unclear-history':
      return 'its history cannot be understood';
  }
};

/** What the owner's alarms say together, for the middle of a sentence. */
export const describeHealth = (health: Health): string => {
  switch (health.kind) {
    case 'healthy':
      return health.alarms.length === 0 ? 'no health alarm is configured' : `OK: ${someOf(health.alarms)}`;
    case 'unhealthy': {
      const { alarming, recovered, since } = health;
      const names = recovered.map(({ name, times }) => `${name} (${timesOf(times)})`);
      return [
        ...(alarming.length === 0 ? [] : [`in ALARM: ${someOf(alarming)}`]),
        ...(names.length === 0
          ? []
          : [`OK again, but went off more often than usual since ${since?.toISOString()}: ${someOf(names)}`]),
      ].join('; ');
    }
    case 'unknown':
      return health.silent.length === 0
        ? 'they could not be read'
        : `no verdict from ${someOf(health.silent.map((silence) => `${silence.name} (${whySilent(silence)})`))}`;
  }
};

const whyNoVerdict = (why: NoVerdict): string => {
  switch (why.code) {
    case 'not-answered':
      return `it could not be asked (${why.error}${why.cause === undefined ? '' : `: ${why.cause}`})`;
    case 'not-understood':
      return `its answer is not {"healthy":true|false,"reason":"…"} but ${JSON.stringify(why.answer) ?? 'nothing'}`;
  }
};

/** What the owner's validator says of the consumers, or why it says nothing, for the end of a sentence. */
export const describeVerdict = (verdict: Verdict): string => {
  if (verdict.kind === 'unknown') return bounded(whyNoVerdict(verdict.why));
  if (verdict.reason === null) return 'no reason that can be read';
  return verdict.reason === '' ? 'no reason given' : verdict.reason;
};
