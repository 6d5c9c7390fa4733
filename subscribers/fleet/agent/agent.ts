import { reasonOf } from '../../../host/failure';
import { Alarm } from '../../../host/system/alarm';
import { backOff } from '../../backOff';
import type { Fleet } from '../bulletin';
import { LONGEST_PAUSE_MS } from '../engine';
import { Session, type SessionOptions } from './session';
import { JournalWatch } from './watchJournals';

/** How an agent works. Times in ms. */
export interface AgentOptions extends SessionOptions {
  readonly connect: () => Promise<Fleet>;
  /** How often all journals are checked, even if the kernel reports no change. */
  readonly checkMs: number;
  /** How often the stream is asked whether it still has the pieces that it acknowledged. */
  readonly askMs: number;
}

/** What an agent does by default. */
export const AGENT_TIMES = { checkMs: 30_000, askMs: 300_000, everySeconds: 60 };

/**
 * Publishes the journals of this host until `signal` aborts. If the engine does not answer, it tries again after a
 * pause, which grows each time. It needs no queue: what is not published yet is in the journals.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const alarm = new Alarm();
  signal.addEventListener('abort', alarm.stop);
  let said = '';
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const fleet = await options.connect();
      try {
        await serve(fleet, options, signal, () => {
          if (said !== '') options.warn('The fleet answers again');
          said = '';
          failures = 1;
        });
      } finally {
        await fleet.close();
      }
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== said) options.warn(`The fleet does not answer: ${reason}`);
      said = reason;
    }
    await alarm.sleep(backOff(failures, LONGEST_PAUSE_MS, Math.random()));
  }
}

/** Works on one connection until it is lost. `onSuccess` is called each time everything was published. */
async function serve(fleet: Fleet, options: AgentOptions, signal: AbortSignal, onSuccess: () => void): Promise<void> {
  const alarm = new Alarm();
  signal.addEventListener('abort', alarm.stop);
  void fleet.closed.then(alarm.stop);
  const session = new Session(fleet, options);
  const watch = new JournalWatch(options.buildsRoot, (app) => {
    session.check(app);
    alarm.ring();
  });
  session.answer(alarm.ring);
  const due = { check: 0, ask: Date.now() + options.askMs, host: 0 };
  try {
    watch.cover([]);
    while (!alarm.isStopped()) {
      alarm.hasRung();
      const now = Date.now();
      if (now >= due.ask) session.askAgain();
      else if (now >= due.check) session.check();
      if (now >= due.ask) due.ask = now + options.askMs;
      if (now >= due.check) due.check = now + options.checkMs;
      watch.cover(session.apps); // Watch first, then read: a change after the read is reported then.
      await session.publish();
      await session.publishStates();
      if (await session.publishHost({ ifNew: now < due.host })) due.host = now + options.everySeconds * 1000;
      onSuccess();
      await alarm.rest(Math.max(0, Math.min(due.check, due.ask, due.host) - Date.now()));
    }
  } finally {
    watch.close();
    signal.removeEventListener('abort', alarm.stop);
  }
}
