import type { Host } from '../../host/dokku/environment';
import { Failure } from '../../host/failure';
import { counted, printable } from '../../host/printable';
import type { AppName } from '../../host/dokku/names';
import { countRead, showProgress } from '../../host/terminal/progress';
import { appBuilds } from '../../host/dokku/paths';
import type { Deviation, Unknown, Verified } from '../../journal/file/verifyJournal';
import { overApps, parallel, type WorkFlags, type Worked } from '../allApps/overAllApps';
import { defineCommand } from '../definition/command';
import { aSwitch, aValue, jsonFormat, maybeAppOr } from '../definition/flags';
import { verifyAtRest } from './verifyAtRest';

/** Exit status 0 if everything is as it was written, else 1. */
export const verify = defineCommand({
  description: 'Check that the journal and the files made from it are as they were written',
  args: { app: maybeAppOr('all-apps') },
  flags: {
    allApps: aSwitch('every app that you may see (the default)'),
    head: aValue('<digest>', 'check that this head digest, printed earlier, is still part of the history', parsePin),
    parallel,
    format: jsonFormat,
  },
  example: '--all-apps --parallel 4',
  alongside: true,
  run(call) {
    const { format, head } = call.flags;
    if (head !== undefined && call.args.app === undefined) {
      throw new Failure('Flag --head needs the app whose history it is part of');
    }
    const flags = { format, ...(head !== undefined && { head }) };
    return overApps(call, { name: 'builds:verify', work: verifyWork, flags });
  },
});

function parsePin(text: string): string {
  const head = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(head)) return head;
  throw new Failure(`Invalid --head value "${printable(text)}": must be the 64 hex digits that builds:verify printed`);
}

/** Verifies one app. */
export function verifyWork(host: Host, app: AppName, flags: WorkFlags): Worked {
  const pin = flags['head'];
  const progress = showProgress();
  const verified = verifyAtRest(appBuilds(host, app), pin, countRead(app, 'events', progress));
  progress.clear();
  const lost = pin !== undefined && verified.pinned === undefined;
  const failed = lost || verified.deviations.length > 0;
  if (flags['format'] === 'json') return { line: JSON.stringify(asJson(app, verified, pin)), warnings: [], failed };
  const found = [...verified.deviations.map(asSentence), ...unknownSentences(verified)];
  const warnings = found.map((sentence) => `${app}: ${sentence}`);
  if (lost) warnings.push(`${app}: no event of this history has the head digest ${pin}: it was rewritten or cut`);
  return { line: summary(app, verified), warnings, failed };
}

function summary(app: AppName, verified: Verified): string {
  const { events, voidFrames, tornBytes, unknownEvents, headDigest, pinned, deviations } = verified;
  const parts = [
    counted(events, 'event'),
    ...(voidFrames > 0 ? [`${counted(voidFrames, 'frame')} void after a lost race`] : []),
    ...(tornBytes > 0 ? [`${counted(tornBytes, 'byte')} of writes that were cut off`] : []),
    ...(unknownEvents > 0 ? [`${counted(unknownEvents, 'event')} not understood`] : []),
    ...(headDigest === undefined ? [] : [`head ${headDigest}`]),
    ...(pinned === undefined ? [] : [`the given head is event ${pinned}`]),
  ];
  return (
    `Verified ${app}: ${deviations.length === 0 ? 'intact' : counted(deviations.length, 'deviation')}, ` +
    parts.join(', ')
  );
}

function asSentence({ offset, seq, meaning }: Deviation): string {
  const place = [...(offset === undefined ? [] : [`byte ${offset}`]), ...(seq === undefined ? [] : [`event ${seq}`])];
  return place.length === 0 ? meaning : `${place.join(', ')}: ${meaning}`;
}

/** Sentences about events that are not understood. These are as they were written, and no deviations. */
function unknownSentences({ unknown, unknownEvents }: Verified): string[] {
  const more = unknownEvents - unknown.length;
  return [
    ...unknown.map(
      ({ start, seq, reason }) => `byte ${start}, event ${seq}: this version does not understand it: ${reason}`,
    ),
    ...(more > 0 ? [`and ${counted(more, 'more event')} that this version does not understand`] : []),
  ];
}

function asJson(app: AppName, verified: Verified, pin: string | undefined): object {
  const { events, voidFrames, tornBytes, unknownEvents, unknown, bytes, head, headDigest, pinned, deviations } =
    verified;
  return {
    app,
    intact: deviations.length === 0,
    events,
    void_frames: voidFrames,
    torn_bytes: tornBytes,
    unknown_events: unknownEvents,
    unknown: unknown.map(asUnknownJson),
    bytes,
    head: headDigest === undefined ? null : { seq: head.seq, digest: headDigest },
    ...(pin !== undefined && { pinned: pinned === undefined ? null : { seq: pinned, digest: pin } }),
    deviations: deviations.map(({ kind, offset, seq, meaning }) => ({ kind, offset, seq, meaning })),
  };
}

function asUnknownJson({ start: offset, seq, reason }: Unknown): object {
  return { offset, seq, reason };
}
