import { closeSync, constants, fsyncSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { asBuildId, type BuildId } from '../../host/dokku/names';
import { asRevision } from '../../host/dokku/revision';
import { makeDurableDirectory } from '../../host/files/durable';
import { listDirectory, ownLikeParent, removeFile, syncDirectory } from '../../host/files/files';
import { openRegular, readSmallFile } from '../../host/files/openFile';
import type { Actor } from '../../journal/events';

/*
 * Notes hold what Dokku and its users report about a running build until its end is an event: one file for each build,
 * `<builds>/<app>/.notes/<build-id>`, with one line for each note. Each process appends its own line. The file is
 * removed after the end is on record.
 */
const NOTES_DIRECTORY = '.notes';
const LIMIT_BYTES = 64 * 1024;

export type Note =
  /** Dokku has called `post-deploy`: the new containers took the traffic. */
  | { readonly type: 'deployed' }
  /** Dokku has named the commit that is being built. */
  | { readonly type: 'revision'; readonly revision: string }
  /** The process `by` sends a signal to end it. */
  | { readonly type: 'cancel'; readonly actor: Actor; readonly signal: string; readonly by?: number }
  /** The signal did not end it. */
  | { readonly type: 'cancel-failed' };

/** The notes of a build together. */
export interface Notes {
  readonly deployed: boolean;
  readonly revision?: string;
  /** The last signal of a cancel that has not failed. */
  readonly cancel?: { readonly actor: Actor; readonly signal: string };
  /** The processes that try to cancel it, the first one first. */
  readonly cancelers: readonly number[];
}

const NO_NOTES: Notes = { deployed: false, cancelers: [] };

/**
 * Adds a note about build `id` of the app whose data lies in `directory`. On disk when it returns. Throws
 * `Failure` for what is not a regular file, and system errors.
 */
export function addNote(directory: string, id: BuildId, note: Note): void {
  const path = notesPath(directory, id);
  makeDurableDirectory(dirname(path), 0o700);
  const { fd } = openRegular(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    ownLikeParent(fd, dirname(path));
    writeSync(fd, `\n${JSON.stringify(note)}\n`); // the line in front may have been cut off
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path));
}

/** The notes about a build. A line that cannot be read is skipped. */
export function readNotes(directory: string, id: BuildId): Notes {
  let text: string | undefined;
  try {
    text = readSmallFile(notesPath(directory, id), LIMIT_BYTES);
  } catch {
    return NO_NOTES;
  }
  return (text ?? '').split('\n').map(parseNote).reduce(withNote, NO_NOTES);
}

/** The builds that there are notes about. */
export function notedBuilds(directory: string): BuildId[] {
  return listDirectory(`${directory}/${NOTES_DIRECTORY}`)
    .map(asBuildId)
    .filter((id) => id !== undefined);
}

/** Removes the notes about a build. Throws system errors. */
export function removeNotes(directory: string, id: BuildId): void {
  removeFile(notesPath(directory, id));
}

/** Where the notes about a build are. */
export function notesPath(directory: string, id: BuildId): string {
  return `${directory}/${NOTES_DIRECTORY}/${id}`;
}

function withNote(notes: Notes, note: Note | undefined): Notes {
  const { cancel: _, ...others } = notes;
  switch (note?.type) {
    case 'deployed':
      return { ...notes, deployed: true };
    case 'revision':
      return { ...notes, revision: note.revision };
    case 'cancel':
      return {
        ...notes,
        cancel: { actor: note.actor, signal: note.signal },
        cancelers: note.by === undefined ? notes.cancelers : [...notes.cancelers, note.by],
      };
    case 'cancel-failed':
      return { ...others, cancelers: [] };
    case undefined:
      return notes;
  }
}

/** A line that a killed process has cut off is not a note. */
function parseNote(line: string): Note | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { type, revision, actor, signal, by } = (value ?? {}) as Partial<Record<string, unknown>>;
  switch (type) {
    case 'deployed':
    case 'cancel-failed':
      return { type };
    case 'revision': {
      const known = typeof revision === 'string' ? asRevision(revision) : undefined;
      return known === undefined ? undefined : { type, revision: known };
    }
    case 'cancel':
      if (typeof signal !== 'string' || !SIGNAL.test(signal) || !isActor(actor)) return undefined;
      if (by !== undefined && !Number.isSafeInteger(by)) return undefined;
      return { type, actor, signal, ...(by !== undefined && { by: Number(by) }) };
    default:
      return undefined;
  }
}

const SIGNAL = /^SIG[A-Z0-9]{1,16}$/;

/** A note becomes an event, and that has to fit into a frame. */
const ACTOR_CHARACTERS = 200;

function isActor(value: unknown): value is Actor {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const allowed = ['user', 'key', 'command'];
  return Object.entries(value).every(
    ([key, text]) => allowed.includes(key) && typeof text === 'string' && text.length <= ACTOR_CHARACTERS,
  );
}
