import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/*
 * What a power cut right after a program's last system call could undo, by the letter of POSIX: a name in a directory
 * is on disk after an fsync of that directory, the bytes of a file after an fsync of the file.
 */

/** How to run a program so that {@link undoable} finds in `log` what it does. */
export function recording(log: string): string[] {
  return ['strace', '-qq', '-y', '-s', '4096', '-o', log, '-e', `trace=${CALLS.join(',')}`];
}

const CALLS = [
  ...['open', 'openat', 'mkdir', 'mkdirat', 'rmdir', 'unlink', 'unlinkat', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['rename', 'renameat', 'renameat2', 'write', 'writev', 'pwrite64', 'ftruncate', 'truncate', 'fallocate'],
  ...['copy_file_range', 'sendfile', 'fsync', 'fdatasync'],
].map((call) => `?${call}`);

/** Everything below `directory`. To be taken before the program runs. */
export function namesIn(directory: string): ReadonlySet<string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return new Set(names.map((name) => path.join(directory, name)));
}

/**
 * What of the work that `log` tells a power cut could undo: `made <path>`, `removed <path>`, `replaced <path>`, and
 * `bytes <path>` of what was written. Paths are relative to `directory`, in which `before` was there. Files that came
 * and went do not count.
 */
export function undoable(log: string, directory: string, before: ReadonlySet<string>): string[] {
  const state = new State(directory, before);
  for (const line of readFileSync(log, 'utf8').split('\n')) state.read(line);
  return state.undoable();
}

class State {
  /** Names whose directory was not synced since. */
  readonly #names = new Set<string>();
  /** Files that were not synced since they were written. */
  readonly #bytes = new Set<string>();
  readonly #there: Set<string>;
  readonly #replaced = new Set<string>();
  readonly #fds = new Map<string, string>();

  constructor(
    private readonly directory: string,
    private readonly before: ReadonlySet<string>,
  ) {
    this.#there = new Set(before);
  }

  read(line: string): void {
    const [, call, words = '', result = ''] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(line) ?? [];
    if (call === undefined || result.startsWith('-1')) return;
    const paths = this.#pathsIn(words);
    const [first = '', last = ''] = [paths[0], paths.at(-1)];
    switch (call.replace(/(at2?|64)$/, '')) {
      case 'open':
        this.#opened(result);
        if (words.includes('O_CREAT') && !this.#there.has(last)) this.#made(last);
        if (words.includes('O_TRUNC')) this.#bytes.add(last);
        return;
      case 'mkdir':
      case 'symlink':
      case 'link':
        this.#made(last);
        return;
      case 'rename':
        this.#renamed(first, last);
        return;
      case 'unlink':
      case 'rmdir':
        this.#removed(last);
        return;
      case 'fsync':
      case 'fdatasync':
        this.#bytes.delete(first);
        for (const name of this.#names) if (path.dirname(name) === first) this.#names.delete(name);
        return;
      case 'write':
      case 'writev':
      case 'pwrite':
      case 'ftruncate':
      case 'truncate':
      case 'fallocate':
        if (this.#there.has(first)) this.#bytes.add(first);
        return;
      case 'copy_file_range':
      case 'sendfile':
        if (this.#there.has(last)) this.#bytes.add(last);
        return;
      default:
    }
  }

  undoable(): string[] {
    const below = (name: string): boolean => name.startsWith(`${this.directory}/`);
    const shown = (what: string, name: string): string => `${what} ${path.relative(this.directory, name)}`;
    const isIn = (directory: string): boolean => directory === this.directory || this.#there.has(directory);
    const names = [...this.#names]
      .filter((name) => below(name) && isIn(path.dirname(name)))
      .flatMap((name) => {
        const [was, is] = [this.before.has(name), this.#there.has(name)];
        if (was !== is) return [shown(is ? 'made' : 'removed', name)];
        return is && this.#replaced.has(name) ? [shown('replaced', name)] : [];
      });
    const bytes = [...this.#bytes].filter((name) => below(name) && this.#there.has(name));
    return [...names, ...bytes.map((name) => shown('bytes', name))].sort();
  }

  #made(name: string): void {
    this.#there.add(name);
    this.#names.add(name);
  }

  #removed(name: string): void {
    this.#there.delete(name);
    this.#bytes.delete(name);
    this.#names.add(name);
  }

  /** Whatever lies below a directory moves with it. */
  #renamed(from: string, to: string): void {
    for (const set of [this.#there, this.#bytes, this.#names])
      for (const name of [...set].filter((one) => one === from || one.startsWith(`${from}/`))) {
        set.delete(name);
        set.add(to + name.slice(from.length));
      }
    this.#names.add(from).add(to);
    this.#replaced.add(to);
  }

  /** Of arguments as strace shows them: `"/a/b"`, `AT_FDCWD</a>, "b"`, `5</a/b>`, `"/proc/self/fd/5/b"`. */
  #pathsIn(words: string): string[] {
    const [opened, named]: [string[], string[]] = [[], []];
    for (const [, fd, text] of words.matchAll(/\b(?:AT_FDCWD|\d+)<([^>]*)>|"((?:[^"\\]|\\.)*)"/g)) {
      if (fd !== undefined) opened.push(fd);
      else if (text !== undefined) named.push(path.resolve(opened.at(-1) ?? '/', this.#throughFd(text)));
    }
    return named.length > 0 ? named : opened;
  }

  #throughFd(text: string): string {
    return text.replace(/^\/proc\/self\/fd\/(\d+)/, (_, fd: string) => this.#fds.get(fd) ?? '');
  }

  /** `5</a/b>` */
  #opened(result: string): void {
    const [, fd, name] = /^(\d+)<([^>]*)>/.exec(result) ?? [];
    if (fd !== undefined && name !== undefined) this.#fds.set(fd, name);
  }
}
