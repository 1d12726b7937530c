/*
 * Loaded before the command: what is served has a time of its own, and the command judges the age of keys by its clock.
 */
const { liveAt } = await import('./story/served-time.ts');
const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/time`).catch(() => undefined);
// Where nothing is served any more, the command says so itself.
if (answer?.ok) liveAt(new Date((await answer.json()).now));
