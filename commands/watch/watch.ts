import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { Failure, printable } from '../../host/failure';
import type { Output } from '../../host/terminal/output';
import { readTerminal } from '../../host/terminal/terminal';
import { defineCommand } from '../definition/command';
import { maybeApp } from '../definition/flags';
import { watchBuilds } from './watchBuilds';
import { cancelWatched } from './watchCancel';
import { logSize, readLastLine, readLogLines } from './watchLog';
import { drawScreen, pageOf } from './watchScreen';
import { nothingWatched, onBuilds, onKey, onLog, type WatchEffect, type WatchState } from './watchState';
import { openTerminal, type Terminal, type TerminalEvents } from './watchTerminal';

const LOOK_MS = 1000;
/** Builds beyond the running ones. */
const LATEST = 100;
const INTERRUPTED = 130;

export const watch = defineCommand({
  description: 'Watch builds live on the whole terminal',
  args: { app: maybeApp('the app; without it every app that you may see') },
  flags: {},
  example: 'shop',
  alongside: true,
  run: ({ host, output, args: { app } }) => watchOnTerminal(host, output, app),
});

async function watchOnTerminal(host: Host, output: Output, app: AppName | undefined): Promise<number> {
  if (!isatty(0) || !isatty(1)) {
    throw new Failure('builds:watch needs a terminal (over ssh: ssh -t); scripts can use builds:events --follow');
  }
  output.flush();
  let state: WatchState = nothingWatched;
  let size = -1; // of the log that is shown
  const say = (message: string): void => {
    state = { ...state, message: printable(message) };
  };
  const builds = watchBuilds(host, app, say);
  const { colour: colors } = readTerminal(process.env, { colour: true });

  return onTerminal(LOOK_MS, (terminal) => {
    const page = (): number => pageOf(terminal.size().rows);
    const readLog = (always: boolean): void => {
      if (state.view.name !== 'log') return;
      const now = logSize(host, state.view.of);
      if (always || now !== size) state = onLog(state, readLogLines(host, state.view.of), page());
      size = now;
    };
    const draw = (): void => {
      const lastLine = (build: Parameters<typeof readLastLine>[1]): string => readLastLine(host, build);
      const canvas = { ...terminal.size(), colors, now: Date.now(), lastLine, of: app ?? hostname() };
      terminal.draw(drawScreen(state, canvas));
    };
    const look = (): void => {
      state = onBuilds(state, builds.look(Date.now(), LATEST));
      readLog(false);
      draw();
    };
    const follow = (effect: WatchEffect | undefined): void => {
      if (effect === 'read-log') readLog(true);
      else if (effect !== undefined && effect !== 'quit') say(cancelWatched(host, effect.cancel));
    };
    return {
      look,
      resize() {
        readLog(true);
        draw();
      },
      key(name) {
        const [next, effect] = onKey(state, name, page());
        state = next;
        follow(effect);
        if (effect === 'quit') return name === 'interrupt' ? INTERRUPTED : 0;
        if (typeof effect === 'object') look();
        else draw();
        return undefined;
      },
    };
  });
}

/** What happens at the terminal; a number ends it, as exit status. */
interface Handlers {
  look(): void;
  resize(): void;
  key(name: string): number | undefined;
}

/** Has the terminal until something ends it, and gives it back whatever that is. Resolves to the exit status. */
async function onTerminal(ms: number, begin: (terminal: Terminal) => Handlers): Promise<number> {
  const open: { terminal?: Terminal; handlers?: Handlers; timer?: NodeJS.Timeout } = {};
  try {
    return await new Promise<number>((resolve, reject) => {
      const attempt = (work: (to: Handlers) => unknown): void => {
        try {
          const status = open.handlers && work(open.handlers);
          if (typeof status === 'number') resolve(status);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const events: TerminalEvents = {
        key: (name) => attempt((to) => to.key(name)),
        resize: () => attempt((to) => to.resize()),
        end: (signal) => resolve(signal === 0 ? 0 : 128 + signal),
      };
      open.terminal = openTerminal(events);
      open.handlers = begin(open.terminal);
      open.timer = setInterval(() => attempt((to) => to.look()), ms);
      attempt((to) => to.look());
    });
  } finally {
    clearInterval(open.timer);
    open.terminal?.close();
  }
}
