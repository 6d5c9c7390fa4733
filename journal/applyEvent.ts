import type { Draft } from 'immer';

import { parseTimestamp } from '../host/durations';
import { type BuildId, isGeneratedBuildId } from '../host/dokku/names';
import { assertNever, type BuildEvent, type BuildStarted } from './events';
import {
  type Build,
  type CanceledBuild,
  DEPARTED_KEPT,
  type FinishedBuild,
  type History,
  NEWEST_KEPT,
} from './history';

/** Before anything has happened. */
export const emptyHistory: History = { builds: [], newestIds: [], departed: [] };

/** A copy of `history` that nobody else holds yet, for {@link apply} to change; as deep as that goes. */
export function draftHistory({ builds, newestIds, departed }: History = emptyHistory): Draft<History> {
  return { builds: builds.map((build) => ({ ...build })), newestIds: [...newestIds], departed: [...departed] };
}

/** Makes `event` true in `draft`. What does not apply (an end of a build that is not running) changes nothing. */
export function apply(draft: Draft<History>, event: BuildEvent): void {
  switch (event.type) {
    case 'BuildStarted':
      if (indexOf(draft, event.build) >= 0) return;
      draft.builds.splice(placeOf(draft, event), 0, begun(event));
      keepNewest(draft.newestIds, event.build);
      return;
    case 'BuildFinished': {
      const { status, exitCode, cause, finishedAt } = event;
      end(draft, event.build, { status, exitCode, cause, finishedAt });
      return;
    }
    case 'BuildCanceled': {
      const { actor, signal, finishedAt } = event;
      end(draft, event.build, {
        status: 'canceled',
        exitCode: -1,
        finishedAt,
        canceledBy: actor,
        ...(signal && { signal }),
      });
      return;
    }
    case 'Pruned':
      for (const build of event.builds) {
        const at = indexOf(draft, build);
        if (at >= 0) draft.builds.splice(at, 1);
        draft.departed.push(build);
      }
      draft.departed.splice(0, draft.departed.length - DEPARTED_KEPT);
      return;
    default:
      assertNever(event);
  }
}

function keepNewest(newestIds: BuildId[], id: BuildId): void {
  if (!isGeneratedBuildId(id)) return;
  const at = newestIds.findLastIndex((other) => other <= id) + 1;
  if (newestIds[at - 1] === id) return;
  newestIds.splice(at, 0, id);
  if (newestIds.length > NEWEST_KEPT) newestIds.shift();
}

type Writable = Draft<Build>;
type Running = Extract<Writable, { status: 'running' }>;
/** What the end of a build adds to it. */
type Outcome =
  | Pick<FinishedBuild, 'status' | 'exitCode' | 'cause' | 'finishedAt'>
  | Pick<CanceledBuild, 'status' | 'exitCode' | 'finishedAt' | 'canceledBy' | 'signal'>;

function begun(event: BuildStarted): Running {
  const { build: id, kind, source, process, startedAt, actor, revision, adopted } = event;
  return {
    id,
    kind,
    source,
    process: { ...process },
    startedAt,
    actor: { ...actor },
    ...(revision !== undefined && { revision }),
    adopted: adopted ?? false,
    status: 'running',
  };
}

/** Where the build belongs: at the end, except that an adopted one goes before those that started after it. */
function placeOf(draft: Draft<History>, event: BuildStarted): number {
  let place = draft.builds.length;
  if (!event.adopted) return place;
  const started = parseTimestamp(event.startedAt) ?? 0;
  while (place > 0 && (parseTimestamp(draft.builds[place - 1]?.startedAt ?? '') ?? 0) > started) place -= 1;
  return place;
}

function end(draft: Draft<History>, id: BuildId, outcome: Outcome): void {
  const build = draft.builds[indexOf(draft, id)];
  if (build?.status === 'running') Object.assign(build, outcome); // in place: a copy of each would double the time of a replay
}

/** From the end, where what is still going on stands. */
function indexOf(draft: Draft<History>, id: BuildId): number {
  return draft.builds.findLastIndex((build) => build.id === id);
}
