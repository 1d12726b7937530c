/** Something that a judge does not like. */
export interface Finding {
  /** The judge's rule. */
  readonly rule: string;
  /** The kind of resource, or the role, that it is about. */
  readonly on: string;
  /** What the judge says of one of them. */
  readonly says: string;
  /** Why it is left, if the code says so beside the resource. */
  readonly because?: string;
}

/** Why findings are left. */
export interface Reason {
  readonly rules: readonly string[];
  /** Kinds of resources, or roles. On each of them each rule has a finding. */
  readonly on: readonly string[];
  readonly because: string;
}

/** What is said of all findings of one rule on one kind of resource. */
export interface Verdict {
  readonly verdict: 'explained' | 'UNEXPLAINED' | 'NO LONGER FOUND';
  readonly rule: string;
  readonly on: string;
  /** How many resources the judge has found. */
  readonly found: number;
  /** The reason, or what the judge says where there is none. */
  readonly because: string;
}

/** Compares findings with reasons, both ways. What is not in order comes first. */
export const verdictsOn = (findings: readonly Finding[], reasons: readonly Reason[]): readonly Verdict[] => {
  const listed = reasons.flatMap(({ rules, on, because }) =>
    rules.flatMap((rule) => on.map((kind) => ({ rule, on: kind, because }))),
  );
  const judged = new Map<string, Verdict>();
  for (const { rule, on, says, because } of findings) {
    const why = because ?? listed.find((reason) => reason.rule === rule && reason.on === on)?.because;
    const key = JSON.stringify([rule, on, why]);
    judged.set(key, {
      verdict: why === undefined ? 'UNEXPLAINED' : 'explained',
      rule,
      on,
      found: (judged.get(key)?.found ?? 0) + 1,
      because: why ?? says,
    });
  }
  const unneeded = listed
    .filter(({ rule, on }) => !findings.some((finding) => finding.rule === rule && finding.on === on))
    .map((reason): Verdict => ({ verdict: 'NO LONGER FOUND', found: 0, ...reason }));
  return [...judged.values(), ...unneeded].toSorted(
    (a, b) =>
      Number(a.verdict === 'explained') - Number(b.verdict === 'explained') ||
      `${a.rule} ${a.on}`.localeCompare(`${b.rule} ${b.on}`),
  );
};

/** One line for each verdict, under one that says what became of all. */
export const report = (judge: string, verdicts: readonly Verdict[]): string => {
  const open = verdicts.filter(({ verdict }) => verdict !== 'explained').length;
  const title =
    open > 0
      ? `${judge}: ${open} of ${verdicts.length} kinds of findings are not in order`
      : `${judge}: in order; ${verdicts.length} kinds of findings, each with its reason`;
  const rows = verdicts.map(
    ({ verdict, rule, on, found, because }) => `${verdict}  ${found} x ${rule}, ${on}: ${because}`,
  );
  return [title, ...rows].join('\n');
};
