/*
 * Everything that can be imported from the npm package `dokku-builds` (docs/api.md); package.json exports what is built from this file, and
 * nothing else.
 */
export { openHost } from './openHost';
export type {
  Actor,
  BuildCanceled,
  BuildEvent,
  BuildFinished,
  BuildInfo,
  BuildKind,
  BuildsHost,
  BuildStarted,
  BuildStatus,
  BuildView,
  DisplayStatus,
  EventFilter,
  FollowOptions,
  HostOptions,
  ListFilter,
  Pruned,
} from './apiTypes';
