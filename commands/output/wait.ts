import { defineCommand } from '../definition/command';
import { anApp, maybeBuild } from '../definition/flags';
import { findNamedBuild, NotDeploying } from '../shared/buildArgument';
import { exitStatusOf, OUTCOMES_HELP, outcomeText } from '../shared/outcome';
import { seeAt, viewApp } from '../shared/see';
import { followBuild } from './followBuild';

export const wait = defineCommand({
  description: 'Wait for the end of a build and exit with its outcome',
  args: { app: anApp(), build: maybeBuild() },
  flags: {},
  example: 'shop',
  more: [`Exit status: ${OUTCOMES_HELP}.`],
  alongside: true,
  async run({ host, output, args: { app, build: asked } }) {
    const view = viewApp(host, output, app);
    try {
      const { build } = findNamedBuild(host, { app, ...view }, asked);
      const { build: ended = build } = await followBuild(host, app, build, {
        onChange: () => undefined,
        conclusion: true,
      });
      const seen = seeAt(Date.now())(ended);
      output.step(outcomeText(seen));
      return exitStatusOf(seen);
    } catch (error) {
      if (!(error instanceof NotDeploying)) throw error;
      output.step(error.message);
      return 0;
    }
  },
});
