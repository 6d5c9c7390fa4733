import type { AppName, BuildId } from '../../../host/dokku/names';
import type { Recorded } from '../../../journal/events';

/** What a process of the crowd was told, and takes for true. */
export type Told =
  /** `builds-record-start` succeeded. */
  | { readonly op: 'started'; readonly app: AppName; readonly build: BuildId; readonly byExecutable?: true }
  /** `builds-record-finalize` succeeded: the build has ended, now or before. */
  | { readonly op: 'finished'; readonly app: AppName; readonly build: BuildId; readonly byExecutable?: true }
  /** A command added these events; none when it was so already. */
  | {
      readonly op: 'added';
      readonly what: string;
      readonly app: AppName;
      readonly build?: BuildId;
      readonly added: readonly Recorded[];
    }
  | {
      readonly op: 'refused';
      readonly what: string;
      readonly app: AppName;
      readonly build: BuildId;
      readonly why: 'started before' | 'unknown';
    }
  /** It wrote a record as a stock Dokku does, and has seen it adopted. */
  | { readonly op: 'adopted'; readonly app: AppName; readonly build: BuildId }
  /** It read everything; `torn` is what it saw that must not be seen. */
  | { readonly op: 'read'; readonly app: AppName; readonly torn: readonly string[] }
  | { readonly op: 'warned'; readonly app: AppName; readonly message: string };
