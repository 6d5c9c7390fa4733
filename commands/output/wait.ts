import type { Host } from '../../host/dokku/environment';
import type { AppName, BuildId } from '../../host/dokku/names';
import { type Build, buildsOf } from '../../journal/history';
import { defineCommand } from '../definition/command';
import { anApp, maybeBuild } from '../definition/flags';
import { findNamedBuild, NotDeploying } from '../shared/buildArgument';
import { exitStatusOf, OUTCOMES_HELP, outcomeText } from '../shared/outcome';
import { shownAt, type View, viewApp } from '../shared/viewApp';
import { followBuild } from './followBuild';

export const wait = defineCommand({
  description: 'Wait for the end of a build and exit with its outcome',
  args: { app: anApp(), build: maybeBuild() },
  flags: {},
  example: 'shop',
  more: [
    'Without <build-id> the build that holds the deploy lock is meant, else the newest one that runs.',
    `Exit status: ${OUTCOMES_HELP}; 0 as well if nothing runs, and 1 if the build is not known.`,
    'It is 141 if stdout is a pipe whose reader has gone before the build ends.',
  ],
  alongside: true,
  async run({ host, output, args: { app, build: asked } }) {
    try {
      const build = buildToWaitFor(host, app, viewApp(host, output, app), asked);
      const ended = await followBuild(host, app, build, { onChange: () => undefined, conclusion: true });
      const shown = shownAt(Date.now())(ended ?? build);
      output.step(outcomeText(shown));
      return exitStatusOf(shown);
    } catch (error) {
      if (!(error instanceof NotDeploying)) throw error;
      output.step(error.message);
      return 0;
    }
  },
});

/**
 * The build that `asked` names. A restart holds no deploy lock, so `current` also means a build that runs without the
 * lock. Throws `NotDeploying`.
 */
function buildToWaitFor(host: Host, app: AppName, view: View, asked: BuildId): Build {
  try {
    return findNamedBuild(host, { app, ...view }, asked).build;
  } catch (error) {
    if (!(error instanceof NotDeploying)) throw error;
    const running = buildsOf(view.history).findLast((build) => view.show(build).displayStatus === 'running');
    if (running === undefined) throw error;
    return running;
  }
}
