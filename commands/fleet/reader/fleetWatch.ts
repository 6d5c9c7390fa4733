import { defineCommand } from '../../definition/command';
import { buildsOf } from '../../../journal/history';
import { openFullScreen } from '../../watch/watchFullScreen';
import { choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { isatty } from 'node:tty';

import type { AppName } from '../../../host/dokku/names';
import { Failure, printable } from '../../../host/failure';
import { readTerminal } from '../../../host/terminal/terminal';
import { mayRun, type SeenStatus } from '../../../projections/records/record';
import { type Answers, askHosts } from '../../../subscribers/fleet/mirror/askHosts';
import { type FleetBuild, FleetView, startOf } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import type { WatchedBuild } from '../../watch/watchBuilds';
import { drawScreen, logRoom } from '../../watch/watchScreen';
import { nothingWatched, onBuilds, type WatchState } from '../../watch/watchState';
import { historyOf } from '../../../subscribers/fleet/mirror/journalHistory';
import { onFleetKey } from './fleetKeys';
import { followFleet } from './followFleet';
import { ageText, chosenJournals, labelOf, connectAndRead } from './readFleet';

/** Builds beyond the running ones. */
const LATEST = 100;

/** How often the ages are drawn. */
const CLOCK_MS = 1000;

/** After this time without news the statuses are computed again, because hosts have become silent. */
const WITHOUT_NEWS_MS = 40_000;

export const fleetWatch = defineCommand({
  description: 'Watch the builds of all hosts live on the whole terminal',
  args: {},
  flags: { ...choiceFlags, mirror: readerFlags.mirror },
  example: '',
  ...ofFleet,
  async run({ host, output, flags }) {
    if (!isatty(0) || !isatty(1))
      throw new Failure('fleet:watch needs a terminal; scripts can use fleet:events --follow');
    const { mirror, view, fleet } = await connectAndRead(host, output, {
      mirror: flags.mirror,
      ask: true,
      acceptUnread: true,
    });
    output.flush();
    const { colour, unicode } = readTerminal(process.env, { colour: true });
    const heard = new Map<string, number>();
    let state: WatchState = nothingWatched;
    const say = (message: string): void => {
      state = { ...state, message: printable(message) };
    };
    const screen = openFullScreen({
      key(name) {
        const [next, effect] = onFleetKey(state, name, logRoom(screen.size()));
        state = next;
        if (effect === 'quit') process.kill(process.pid, 'SIGINT');
        draw();
      },
      resize: () => draw(),
      end: () => undefined, // following ends by the same signal
    });
    const draw = (): void => {
      const lastLine = ({ app }: WatchedBuild): string => `heard ${ageText(Date.now(), heard.get(app) ?? 0)}`;
      const canvas = { ...screen.size(), colour, unicode, now: Date.now(), lastLine, of: 'fleet', isLocal: false };
      screen.draw(drawScreen(state, canvas));
    };
    let seenAt = 0;
    const show = (now: FleetView): void => {
      seenAt = Date.now();
      for (const journal of now.journals) heard.set(labelOf(journal), journal.host.heardAt);
      state = onBuilds(state, watched(mirror, now, flags));
      draw();
    };
    let answers: Answers | undefined;
    const clock = setInterval(() => {
      if (Date.now() - seenAt < WITHOUT_NEWS_MS) draw();
      else show(new FleetView(mirror, Date.now(), answers));
    }, CLOCK_MS);
    try {
      show(view);
      await followFleet(host, mirror, fleet, say, async (connected) => {
        answers = await askHosts(mirror, connected);
        show(new FleetView(mirror, Date.now(), answers));
      });
    } finally {
      clearInterval(clock);
      screen.close();
    }
    return 0;
  },
});

function watched(mirror: Mirror, view: FleetView, choice: Parameters<typeof chosenJournals>[1]): WatchedBuild[] {
  const builds = chosenJournals(view, choice)
    .filter(({ gone }) => !gone)
    .flatMap((journal) => buildsOf(historyOf(mirror, journal)).map((build) => view.show(journal, build)))
    .sort((a, b) => startOf(b) - startOf(a));
  const of = (status: SeenStatus): FleetBuild[] => builds.filter(({ shown }) => shown.displayStatus === status);
  const ended = builds.filter(({ shown }) => !mayRun(shown)).slice(0, LATEST);
  return [...of('running').reverse(), ...of('unknown').reverse(), ...ended].map(({ journal, shown }) => ({
    app: labelOf(journal) as AppName,
    shown,
  }));
}
