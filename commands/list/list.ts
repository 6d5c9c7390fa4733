import { logPath } from '../../host/dokku/paths';
import { printable } from '../../host/printable';
import { tableLines } from '../../host/terminal/table/table';
import { asSource, type Kind, sources } from '../../journal/events';
import { pruningJson } from '../../projections/events/past';
import { buildView, displayStatuses } from '../../projections/records/record';
import { type CommandCall, defineCommand } from '../definition/command';
import {
  aChoice,
  aCount,
  aList,
  asOf,
  aSwitch,
  aTime,
  anEndTime,
  jsonFormat,
  maybeApp,
  noColor,
  oneOf,
  relative,
} from '../definition/flags';
import { checkInterval } from '../definition/when';
import { displayOf } from '../shared/display';
import { type Listing, listingOf } from './listings';

const args = { app: maybeApp('the app whose builds are listed; without it all running builds of the host are') };

const flags = {
  format: jsonFormat,
  kind: aChoice<Kind>(['build', 'deploy'], 'build: only builds of code; deploy: only deploys of an existing image', {
    emptyIsNone: true,
  }),
  status: aList(
    'S',
    'only those with this status: running, succeeded, failed, canceled or abandoned; ' +
      'separate several by commas, or repeat the flag',
    displayStatuses,
    (text, context) => oneOf(displayStatuses, text, context),
  ),
  source: aList(
    'S',
    'only those from this source, such as git-hook; several as for --status',
    Object.keys(sources),
    (text) => text,
  ),
  since: aTime('only those that started then or later'),
  until: anEndTime('only those that started then or earlier'),
  limit: aCount('the maximum number of builds'),
  recent: aSwitch('without an app: the latest builds of the whole host, whatever their status'),
  all: aSwitch('also the pruned builds of the app, with when and why each was pruned'),
  asOf,
  relative,
  wide: aSwitch('on a terminal: also the process id, the kind and full times'),
  noColor,
};

/** A call of `builds:list`. */
export type Call = CommandCall<typeof args, typeof flags>;

export const list = defineCommand({
  description: 'List running builds or all builds of an app',
  args,
  flags,
  example: 'shop --status failed --since 7d',
  stock: true,
  alongside: true,
  run(call) {
    checkInterval(call.flags);
    return print(call, limited(listingOf(call), call.flags.limit));
  },
});

async function print({ host, output, flags: given, now }: Call, listing: Listing): Promise<undefined> {
  const { builds, none, columns, row } = listing;
  const then = given.asOf ?? now;
  if (given.format === 'json') {
    let separator = '[';
    for (const { app, shown, pruning } of builds) {
      const view = { ...buildView(app, shown, logPath(host, app, shown.build.id)), ...pruningJson(pruning) };
      output.raw(separator + JSON.stringify(view));
      separator = ',';
    }
    output.line(separator === '[' ? '[]' : ']');
  } else if (isEmpty(builds)) {
    output.line(none());
    for (const source of given.source ?? []) await hintAtSource(output, source);
    if (listing.hint !== undefined && output.isTerminal && !host.quiet) output.note(listing.hint);
  } else if (output.isTerminal) {
    const { printListOnTerminal } = await import('./listOnTerminal');
    printListOnTerminal(host, output, listing, { ...given, colour: !given.noColor, now: then });
  } else {
    const { time } = await displayOf(given, then);
    // Scripts read it from its first line on.
    for (const line of tableLines(columns, builds, (one) => row(one, time))) output.raw(line);
  }
}

/** An adopted record can have any source, so one that is not known is not an error. */
async function hintAtSource(output: Call['output'], source: string): Promise<void> {
  if (asSource(source) !== undefined) return;
  const { nearest } = await import('../../host/nearest');
  const known = Object.keys(sources);
  const meant = nearest(source, known);
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
  output.warn(`"${printable(source)}" is not a known source; ${hint}`);
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false;
  return true;
}

function limited(listing: Listing, limit?: number): Listing {
  return limit === undefined ? listing : { ...listing, builds: firstOf(listing.builds, limit) };
}

/** The first `count` items of `items`; at least one. */
function firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      let left = count;
      for (const item of items) {
        yield item;
        left -= 1;
        if (left <= 0) return;
      }
    },
  };
}
