/** The files of an app: a program (mode 0755) under each name. The host runs `build`, `start` and `postdeploy`. */
export type AppFiles = Readonly<Record<string, string>>;

/** A program of an app: bash, one line for each argument, ending at the first that fails. */
export function script(...lines: string[]): string {
  return `${['#!/usr/bin/env bash', 'set -e', ...lines].join('\n')}\n`;
}

/** What `git fast-import` has to read to make `files` the whole content of `branch`; no two revisions are the same. */
export function revision(files: AppFiles, branch: string): string {
  const message = `revision ${++revisions}`;
  const entries = Object.entries(files).map(
    ([name, text]) => `M 100755 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const committer = `Sandbox <sandbox@example.org> ${Math.floor(Date.now() / 1000)} +0000`;
  return (
    `commit refs/heads/${branch}\ncommitter ${committer}\ndata ` +
    `${message.length}\n${message}\n${entries.join('')}\n`
  );
}

let revisions = 0;
