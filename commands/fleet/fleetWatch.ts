import { isatty } from 'node:tty';

import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { AppName } from '../../host/dokku/names';
import { Failure, printable } from '../../host/failure';
import { readTerminal } from '../../host/terminal/terminal';
import type { SeenBuild } from '../../projections/records/record';
import { type FleetBuild, FleetView, startOf } from '../../subscribers/fleet/fleetView';
import type { Mirror } from '../../subscribers/fleet/mirror';
import { refuseSurplus } from '../shared/positionals';
import type { WatchedBuild } from '../watch/watchBuilds';
import { drawScreen, pageOf } from '../watch/watchScreen';
import { nothingWatched, onBuilds, onKey, type WatchState } from '../watch/watchState';
import { openTerminal } from '../watch/watchTerminal';
import { historyOf } from './fleetList';
import { followFleet } from './followFleet';
import { ageText, chosenJournals, labelOf, readerFlags, readFleet } from './readFleet';

/** Builds beyond the running ones. */
const LATEST = 100;

/** `fleet:watch [--app A] [--host H] [--mirror DIR]` */
export async function fleetWatch({ host, output, args }: Call): Promise<number> {
  const { positionals, values } = parseArguments(args, { app: 'value', host: 'value', ...readerFlags });
  refuseSurplus(positionals, 0);
  if (!isatty(0) || !isatty(1))
    throw new Failure('fleet:watch needs a terminal; scripts can use fleet:events --follow');
  const { mirror, view, fleet } = await readFleet(host, output, { mirror: values['mirror'], ask: true });
  output.flush();
  let state: WatchState = nothingWatched;
  const { colour: colors } = readTerminal(process.env, { colour: true });
  const heard = new Map<string, string>();
  const say = (message: string): void => {
    state = { ...state, message: printable(message) };
  };
  const terminal = openTerminal({
    key(name) {
      const [next, effect] = onKey(state, name, pageOf(terminal.size().rows));
      state = next;
      if (effect === 'read-log') {
        state = { ...state, view: { name: 'list' } };
        say('Logs stay on their hosts: dokku builds:output there');
      } else if (effect === 'quit') {
        process.kill(process.pid, 'SIGINT');
      } else if (effect !== undefined) {
        say('Builds are canceled on their hosts: dokku builds:cancel there');
      }
      draw();
    },
    resize: () => draw(),
    end: () => undefined, // following ends by the signal
  });
  const draw = (): void => {
    const lastLine = (build: WatchedBuild): string => `heard ${heard.get(build.app) ?? ''}`;
    terminal.draw(drawScreen(state, { ...terminal.size(), colors, now: Date.now(), lastLine, of: 'fleet' }));
  };
  const look = (now: FleetView): void => {
    for (const journal of now.journals) heard.set(labelOf(journal), ageText(Date.now(), journal.host.heardAt));
    state = onBuilds(state, watched(mirror, now, values));
    draw();
  };
  try {
    look(view);
    await followFleet(host, mirror, fleet, say, () => look(new FleetView(mirror, Date.now())));
  } finally {
    terminal.close();
  }
  return 0;
}

function watched(mirror: Mirror, view: FleetView, choice: Partial<Record<string, string>>): WatchedBuild[] {
  const builds = chosenJournals(view, choice)
    .filter(({ gone }) => !gone)
    .flatMap((journal) => historyOf(mirror, journal).builds.map((build) => view.see(journal, build)))
    .sort((a, b) => startOf(b) - startOf(a));
  const running = builds.filter(({ status }) => status === 'running');
  const others = builds.filter(({ status }) => status !== 'running').slice(0, LATEST);
  return [...running.reverse(), ...others].map((one) => ({
    app: labelOf(one.journal) as AppName,
    seen: seenLocally(one),
  }));
}

/** As what was made for one host shows it: there a build of which nobody knows whether it runs is none that runs. */
export function seenLocally({ seen, status }: FleetBuild): SeenBuild {
  return { ...seen, displayStatus: status === 'unknown' ? 'abandoned' : status };
}
