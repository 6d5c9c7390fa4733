import { parseTimestamp, toWholeSeconds } from '../host/durations';
import { readingApp } from './shared/readingApp';
import { formatTable } from '../host/terminal/table/table';
import { shortRevision, whoText } from '../projections/events/eventView';
import { readReleases, releaseJson, type ShownRelease, showReleases } from '../projections/lists/releases';
import { once } from '../projections/problemWarnings';
import { adoptIntoJournal } from './shared/adoptWithProgress';
import { defineCommand } from './definition/command';
import { aCount, anApp, jsonFormat, noColor } from './definition/flags';

const DEFAULT_LIMIT = 20;
const REVISION_CHARACTERS = 12;

export const releases = defineCommand({
  description: 'List the successful deploys of an app by numbers that never change',
  args: { app: anApp() },
  flags: { format: jsonFormat, limit: aCount(`the maximum number of releases; by default ${DEFAULT_LIMIT}`), noColor },
  example: 'shop --limit 5',
  alongside: true,
  async run({ host, output, args: { app }, flags, now }) {
    const builds = readingApp(host, app);
    const warn = once(output.warn);
    adoptIntoJournal(builds, warn);
    const { latest } = readReleases(builds, flags.limit ?? DEFAULT_LIMIT, warn);
    const shown = showReleases(latest, now);
    if (flags.format === 'json') {
      output.line(JSON.stringify(shown.map((release) => releaseJson(app, release))));
      return undefined;
    }
    if (shown.length === 0) {
      output.line('No releases recorded for this app');
      return undefined;
    }
    const columns = ['Release', 'Build ID', 'Commit', 'Source', 'Who', 'Released', 'Live'];
    const rows = shown.map(({ version, build, revision = '', source, actor, at, current, live }) => [
      `v${version}`,
      build,
      revision.slice(0, REVISION_CHARACTERS),
      source,
      whoText(actor),
      toWholeSeconds(at),
      current ? `${live} (current)` : live,
    ]);
    if (!output.isTerminal) {
      output.raw(formatTable(columns, rows));
      return undefined;
    }
    const { printTableOnTerminal } = await import('./shared/onTerminal');
    const short = await shortRows(shown, now);
    printTableOnTerminal(output, `${app} releases`, columns, short, { colour: !flags.noColor });
    if (shown[0]?.version === 1) return undefined; // there is no other one
    const before = shown.find(({ current, revision }) => !current && revision !== undefined);
    output.line('');
    output.note('To go back to another one, push its commit again from a clone that has it, such as');
    output.verbose(`  git push --force dokku ${before?.revision?.slice(0, REVISION_CHARACTERS) ?? 'COMMIT'}:main`);
    return undefined;
  },
});

/** The rows on a terminal: ages instead of times, and short commits. */
async function shortRows(shown: readonly ShownRelease[], now: number): Promise<string[][]> {
  const { formatAge, formatAgeAlone } = await import('../host/terminal/age');
  return shown.map(({ version, build, revision = '', source, actor, at, current, liveSeconds }) => {
    const live = formatAgeAlone(liveSeconds * 1000);
    return [
      `v${version}`,
      build,
      shortRevision(revision),
      source,
      whoText(actor),
      formatAge(parseTimestamp(at) ?? now, now),
      current ? `${live} (current)` : live,
    ];
  });
}
