import type { Bulletin } from '../bulletin';
import { asRunningAnswer, type RunningAnswer } from '../states';
import { FleetView } from './fleetView';
import type { Mirror } from './mirror';

/** What hosts answered to the question which builds run. */
export interface Answers {
  /** When they were asked, ms since the epoch. */
  readonly at: number;
  /** The hosts that had to answer, and when each was heard before that (ms since the epoch). */
  readonly asked: ReadonlyMap<string, number>;
  readonly byHost: ReadonlyMap<string, RunningAnswer>;
}

/** A host that does not answer in that time is silent. */
const ASK_MS = 3000;

/** Asks the hosts that have builds without an end to check their processes now. Silent hosts need not answer. */
export async function askHosts(mirror: Mirror, fleet: Pick<Bulletin, 'ask'>): Promise<Answers> {
  const at = Date.now();
  const open = new FleetView(mirror, at).unsettledJournals.filter(
    ({ host, gone, entry }) => entry.open.length > 0 && !host.silent && !gone,
  );
  const asked = new Map(open.map(({ host }) => [host.id, host.heardAt]));
  const enough = (answers: readonly unknown[]): boolean => {
    const heard = answersByHost(answers);
    return [...asked.keys()].every((id) => heard.has(id));
  };
  return { at, asked, byHost: answersByHost(await fleet.ask({ ask: 'running' }, ASK_MS, enough)) };
}

function answersByHost(answers: readonly unknown[]): Map<string, RunningAnswer> {
  return new Map(answers.flatMap((one) => asRunningAnswer(one) ?? []).map((answer) => [answer.host, answer]));
}
