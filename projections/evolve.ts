import { type Draft, produce } from 'immer';

import { parseTimestamp } from '../host/durations';
import { type BuildId, isGeneratedBuildId } from '../host/names';
import { assertNever, type BuildEvent, type BuildStarted } from '../journal/events';
import { type Build, DEPARTED_KEPT, type History } from '../journal/history';

/** Before anything has happened. */
export const emptyHistory: History = { builds: [], newestId: '', departed: [] };

/** `history` after `event`. What does not apply (an end of a build that is not running) changes nothing. */
export function evolve(history: History, event: BuildEvent): History {
  return produce(history, (draft) => {
    apply(draft, event);
  });
}

/** A history that nobody else holds yet, to be filled by {@link apply}: a draft per event would make replay slow. */
export function draftHistory(history: History = emptyHistory): Draft<History> {
  return structuredClone(history) as Draft<History>;
}

/** The recipe behind {@link evolve}: makes `event` true in `draft`. */
export function apply(draft: Draft<History>, event: BuildEvent): void {
  switch (event.type) {
    case 'BuildStarted':
      if (indexOf(draft, event.build) >= 0) return;
      draft.builds.splice(placeOf(draft, event), 0, begun(event));
      if (isGeneratedBuildId(event.build) && event.build > draft.newestId) draft.newestId = event.build;
      return;
    case 'BuildFinished':
      end(draft, event.build, (build) => {
        const { status, exitCode, cause, finishedAt } = event;
        return { ...build, status, exitCode, cause, finishedAt };
      });
      return;
    case 'BuildCanceled':
      end(draft, event.build, (build) => {
        const { actor, signal, finishedAt } = event;
        return { ...build, status: 'canceled', exitCode: -1, finishedAt, canceledBy: actor, ...(signal && { signal }) };
      });
      return;
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

type Writable = Draft<Build>;
type Running = Extract<Writable, { status: 'running' }>;

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

function end(draft: Draft<History>, id: BuildId, ended: (build: Running) => Writable): void {
  const at = indexOf(draft, id);
  const build = draft.builds[at];
  if (build?.status === 'running') draft.builds[at] = ended(build);
}

/** From the end, where what is still going on stands. */
function indexOf(draft: Draft<History>, id: BuildId): number {
  return draft.builds.findLastIndex((build) => build.id === id);
}
